/**
 * Who gives a command. `system` is the bank itself; its `id`, if any, is the operator, and its `scope` the owner of
 * its idempotency keys where one ledger serves several programs (the ledger itself unless named).
 * A user owns accounts; its `name` is what a payee is shown.
 */
export type Actor =
  | { readonly kind: 'system'; readonly id?: string; readonly scope?: string }
  | { readonly kind: 'user'; readonly id: string; readonly name?: string };

/** The bank itself as an actor. */
export type SystemActor = Extract<Actor, { kind: 'system' }>;

/** Who reads. An auditor sees what the system sees, and commands nothing. */
export type Viewer = Actor | { readonly kind: 'auditor'; readonly id: string };

export function owns(actor: Viewer, thing: { readonly ownerId: string | null }): boolean {
  return actor.kind === 'user' && actor.id === thing.ownerId;
}

const IDENTIFIER = /^[\x21-\x7e]{1,255}$/;

/** Ids that come from an embedder: 1 to 255 visible ASCII characters, so that they can stand in a line of the chain. */
export function isIdentifier(value: unknown): value is string {
  return typeof value === 'string' && IDENTIFIER.test(value);
}
