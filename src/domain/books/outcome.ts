import type { Account } from '../entities/account.ts';
import type { FieldError, RefusalCode } from '../errors.ts';
import type { Transfer } from '../entities/transfer.ts';

/** A closing that waits for the expiry of holds that are due: one unit writes only so many. */
export const MORE_IS_DUE: Refusal = { kind: 'refused', code: 'holds_outstanding', transfer: null };

/** An account's balances as of a transfer, in minor units. */
export type Balances = {
  readonly accountId: string;
  readonly balance: bigint;
  readonly held: bigint;
  readonly available: bigint;
};

/** What became of one transfer, or of one step of it. */
export type TransferOutcome =
  | {
      readonly kind: 'transferred';
      /** As it then stood. */
      readonly transfer: Transfer;
      /** Of the caller's own accounts; the system's own are those that nobody owns. */
      readonly balances: readonly Balances[];
    }
  | Refusal;

export type Refusal = {
  readonly kind: 'refused';
  readonly code: RefusalCode;
  /** The rejection that was kept; null where an account was not found, and for what is not a transfer. */
  readonly transfer: Transfer | null;
};

/** What became of a command, as data: it is recorded under the command's key, and a replay renders from it. */
export type Outcome =
  | TransferOutcome
  | { readonly kind: 'opened' | 'changed'; readonly account: Account }
  | { readonly kind: 'batch'; readonly members: readonly TransferOutcome[] };

/** An outcome, or that the key was used for a request that differs in `field`. */
export type Answer =
  | {
      readonly replayed: boolean;
      readonly outcome: Outcome;
      /** Nothing was recorded: first the expiry of more holds must be written. The same command again goes on. */
      readonly unfinished?: true;
    }
  | { readonly conflict: { readonly field: string } };

/** A decision about one command: its answer, or the fields that its clock shows to be malformed. Those are not recorded. */
export type Decided = Answer | { readonly malformed: readonly FieldError[] };
