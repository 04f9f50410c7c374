/**
 * The sender of a command. `system` is the bank itself; its optional `id` is the operator. Its `scope` owns its
 * idempotency keys if one ledger serves several programs. Default: the ledger itself.
 * A user owns accounts; payees see the user's `name`. With `accounts`, the actor is limited to these accounts of the user.
 */
export type Actor =
  | { readonly kind: 'system'; readonly id?: string; readonly scope?: string }
  | {
      readonly kind: 'user';
      readonly id: string;
      readonly name?: string;
      readonly accounts?: readonly string[];
    };

/** The bank itself as an actor. */
export type SystemActor = Extract<Actor, { kind: 'system' }>;

/** A reader. An auditor reads as the system does, except for metadata, and sends no commands. */
export type Viewer = Actor | { readonly kind: 'auditor'; readonly id: string };

/** An account, or a leg of a transfer. */
type Owned = { readonly ownerId: string | null } & ({ readonly id: string } | { readonly accountId: string });

/** Returns whether the account is the actor's, and one that the actor is not kept from. */
export function owns(actor: Viewer, thing: Owned): boolean {
  if (actor.kind !== 'user' || actor.id !== thing.ownerId) return false;
  return actor.accounts?.includes('accountId' in thing ? thing.accountId : thing.id) ?? true;
}

/** Returns whether the actor is kept from some accounts of the user. */
export function isLimited(actor: Viewer): boolean {
  return actor.kind === 'user' && actor.accounts !== undefined;
}

const IDENTIFIER = /^[\x21-\x7e]{1,255}$/;

/** Returns whether an embedder's id is 1 to 255 visible ASCII characters, so that it fits into a line of the chain. */
export function isIdentifier(value: unknown): value is string {
  return typeof value === 'string' && IDENTIFIER.test(value);
}
