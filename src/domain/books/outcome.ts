import type { Account } from '../entities/account.ts';
import type { FieldError, RefusalCode } from '../errors.ts';
import type { Transfer } from '../entities/transfer.ts';

/** Outcome of a closure that needs further units, because one unit writes a limited number of expiries. */
export const MORE_IS_DUE: Refusal = { kind: 'refused', code: 'holds_outstanding', transfer: null };

/** Outcome of an opening whose number another account drew first. The caller draws another one. */
export const NUMBER_IS_TAKEN: Refusal = { kind: 'refused', code: 'external_id_taken', transfer: null };

/** An account's balances as of a transfer, in minor units. */
export type Balances = {
  readonly accountId: string;
  readonly balance: bigint;
  readonly held: bigint;
  readonly available: bigint;
};

/** Outcome of one transfer, or of one step of it. */
export type TransferOutcome =
  | {
      readonly kind: 'transferred';
      /** The transfer right after the step. */
      readonly transfer: Transfer;
      /** Balances of the caller's own accounts. The system's own accounts are those without an owner. */
      readonly balances: readonly Balances[];
    }
  | Refusal;

export type Refusal = {
  readonly kind: 'refused';
  readonly code: RefusalCode;
  /** The stored rejected transfer; null if an account was not found or the command makes no transfer. */
  readonly transfer: Transfer | null;
};

/** Outcome of a command. It is recorded under the command's key, and a replay is rendered from it. */
export type Outcome =
  | TransferOutcome
  | { readonly kind: 'opened' | 'changed'; readonly account: Account }
  | { readonly kind: 'batch'; readonly members: readonly TransferOutcome[] };

/** An outcome, or a conflict: the key was used before for a request that differs in `field`. */
export type Answer =
  | {
      readonly replayed: boolean;
      readonly outcome: Outcome;
      /**
       * Nothing was recorded: more expiries must be written first, or the account's number is taken. Submit the command
       * again to go on, the opening with another number.
       */
      readonly unfinished?: true;
    }
  | { readonly conflict: { readonly field: string } };

/** Decision about one command: its answer, or the fields that are invalid by now, which are not recorded. */
export type Decided = Answer | { readonly malformed: readonly FieldError[] };
