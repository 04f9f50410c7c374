/**
 * The sender of a command. `system` is the bank itself; its optional `id` is the operator. Its `scope` owns its
 * idempotency keys if one ledger serves several programs. Default: the ledger itself.
 * A user owns accounts; payees see the user's `name`.
 */
export type Actor =
  | { readonly kind: 'system'; readonly id?: string; readonly scope?: string }
  | { readonly kind: 'user'; readonly id: string; readonly name?: string };

/** The bank itself as an actor. */
export type SystemActor = Extract<Actor, { kind: 'system' }>;

/** A reader. An auditor reads as the system does, except for metadata, and sends no commands. */
export type Viewer = Actor | { readonly kind: 'auditor'; readonly id: string };

export function owns(actor: Viewer, thing: { readonly ownerId: string | null }): boolean {
  return actor.kind === 'user' && actor.id === thing.ownerId;
}

const IDENTIFIER = /^[\x21-\x7e]{1,255}$/;

/** Returns whether an embedder's id is 1 to 255 visible ASCII characters, so that it fits into a line of the chain. */
export function isIdentifier(value: unknown): value is string {
  return typeof value === 'string' && IDENTIFIER.test(value);
}
