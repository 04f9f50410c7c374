import type { Actor } from '../actor.ts';
import type { SystemPurpose } from '../entities/account.ts';
import type { Direction } from '../entities/counters.ts';
import type { Metadata } from '../entities/metadata.ts';
import type { Instant } from '../time.ts';
import type { IdempotencyKey, NormalisedRequest } from './idempotency.ts';

/** Facts of every command. Ids and salts are drawn before the decision, so that a store may run it again. */
type Keyed = {
  readonly actor: Actor;
  readonly key: IdempotencyKey | null;
  readonly request: NormalisedRequest;
};

/** Reference to an account: an id, a system account's purpose, or a user's oldest active account in a currency. */
export type AccountRef =
  | { readonly accountId: string }
  /** A system account, in the currency of the account on the other side. */
  | { readonly purpose: SystemPurpose }
  | { readonly ownerId: string; readonly currency: string };

/** Expiry of a hold: an instant, or a number of seconds after the hold is placed. */
export type Expiry = { readonly at: Instant } | { readonly inSeconds: number };

export type LegInstruction = {
  readonly account: AccountRef;
  readonly direction: Direction;
  readonly amount: bigint;
};

/** One transfer to make. Debits come before credits, and both sides have the same total. */
export type TransferInstruction = {
  readonly id: string;
  readonly salt: string;
  readonly kind: 'transfer' | 'initial_funds' | 'withdrawal';
  readonly legs: readonly LegInstruction[];
  /** Null: the accounts' own currency. */
  readonly currency: string | null;
  /** Null: the money moves at once. */
  readonly hold: Expiry | null;
  readonly description: string | null;
  readonly reference: string | null;
  readonly externalId: string | null;
  readonly metadata: Metadata | null;
};

export type TransferCommand = Keyed & {
  readonly type: 'transfer';
  readonly instruction: TransferInstruction;
};

export type BatchCommand = Keyed & {
  readonly type: 'batch';
  readonly id: string;
  readonly instructions: readonly TransferInstruction[];
  /** Whether all transfers succeed or none. */
  readonly linked: boolean;
};

export type CaptureCommand = Keyed & {
  readonly type: 'capture';
  readonly transferId: string;
  /** Null: the full amount. */
  readonly amount: bigint | null;
};

export type VoidCommand = Keyed & { readonly type: 'void'; readonly transferId: string };

export type ReverseCommand = Keyed & {
  readonly type: 'reverse';
  readonly id: string;
  readonly salt: string;
  readonly transferId: string;
  /** Null: everything not reversed yet. */
  readonly amount: bigint | null;
  readonly description: string | null;
  readonly reference: string | null;
  readonly externalId: string | null;
};

/** The sweeper's command: expires the due holds on an account. Nobody reads its answer. */
export type ExpireCommand = Keyed & { readonly type: 'expire'; readonly accountId: string };

export type OpenAccountCommand = Keyed & {
  readonly type: 'open_account';
  readonly id: string;
  readonly ownerId: string;
  /** Drawn at random. If another account has it, the outcome is `NUMBER_IS_TAKEN`. */
  readonly number: string;
  readonly currency: string;
  readonly name: string | null;
  readonly externalId: string | null;
  readonly metadata: Metadata | null;
  /** Maximum number of accounts of the owner, this one included. Null: no limit. */
  readonly accountLimit: number | null;
};

type AccountCommand = Keyed & { readonly accountId: string; readonly reason: string | null };

export type RenameCommand = AccountCommand & { readonly type: 'rename'; readonly name: string | null };
export type FreezeCommand = AccountCommand & { readonly type: 'freeze'; readonly credits: boolean };
export type UnfreezeCommand = AccountCommand & { readonly type: 'unfreeze' };
export type LimitCommand = AccountCommand & {
  readonly type: 'limit';
  readonly minimumBalance: bigint | null;
  readonly maximumBalance: bigint | null;
};
export type DescribeCommand = AccountCommand & {
  readonly type: 'describe';
  readonly metadata: Metadata | null;
};
export type CloseCommand = AccountCommand & {
  readonly type: 'close';
  /** Destination of the remaining balance, with the id and salt of the transfer that moves it. */
  readonly sweep: { readonly accountId: string; readonly id: string; readonly salt: string } | null;
};

/** Erases the texts of a transfer. A system command, run at the request of the person the texts are about. */
export type EraseTextCommand = Keyed & {
  readonly type: 'erase_text';
  readonly transferId: string;
  readonly reason: string;
};

export type Command =
  | TransferCommand
  | BatchCommand
  | CaptureCommand
  | VoidCommand
  | ReverseCommand
  | ExpireCommand
  | OpenAccountCommand
  | RenameCommand
  | FreezeCommand
  | UnfreezeCommand
  | LimitCommand
  | DescribeCommand
  | CloseCommand
  | EraseTextCommand;

/** Returns the work that a command causes: 1 for a transfer between two accounts, more for a batch or several legs. */
export function sizeOf(command: Command): number {
  if (command.type === 'transfer') return sizeOfInstruction(command.instruction);
  if (command.type !== 'batch') return 1;
  return command.instructions.reduce((sum, instruction) => sum + sizeOfInstruction(instruction), 0);
}

export function sizeOfInstruction({ legs }: TransferInstruction): number {
  return Math.ceil(legs.length / 2);
}
