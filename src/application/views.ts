import { PassbookError } from '../domain/errors.ts';
import { isLimited, owns } from '../domain/actor.ts';
import type { Actor, Viewer } from '../domain/actor.ts';
import type { Answer, Balances, Refusal, TransferOutcome } from '../domain/books/outcome.ts';
import type { Account, AccountClass, AccountStatus } from '../domain/entities/account.ts';
import { lastFour } from '../domain/entities/notification.ts';
import type { Metadata } from '../domain/entities/metadata.ts';
import type { Leg, Transfer, TransferKind, TransferStatus } from '../domain/entities/transfer.ts';
import { errorCatalogue } from '../domain/errors.ts';
import type { ErrorCode, RefusalCode, Retry } from '../domain/errors.ts';
import type { Instant } from '../domain/time.ts';

/** An account as its owner sees it. Amounts are in minor units of `currency`, which has `exponent` decimals. */
export type AccountView = Balances & {
  /** The number for people, in canonical form: `formatAccountNumber` groups it. Null for a system account. */
  readonly number: string | null;
  readonly externalId: string | null;
  readonly metadata: Metadata | null;
  readonly name: string | null;
  readonly currency: string;
  readonly exponent: number;
  readonly class: AccountClass;
  readonly status: AccountStatus;
  readonly minimumBalance: bigint | null;
  readonly maximumBalance: bigint | null;
  readonly createdAt: Instant;
};

/** A transfer, limited to the data that the viewer may see. */
export type TransferView = {
  readonly transferId: string;
  readonly kind: TransferKind;
  readonly status: TransferStatus;
  /** Null for another person's account that the viewer did not name. */
  readonly sourceAccountId: string | null;
  readonly destinationAccountId: string | null;
  /** Amount of the transfer, or of the viewer's own legs if they may see no others. */
  readonly amount: bigint;
  readonly currency: string | null;
  readonly exponent: number | null;
  readonly description: string | null;
  readonly reference: string | null;
  /** Null unless the viewer is the initiator or the system, as for `metadata`. */
  readonly externalId: string | null;
  readonly metadata: Metadata | null;
  /** The other side, as far as the viewer may see it: the payer's display name, and the last four of the account id. */
  readonly counterparty: { readonly name: string | null; readonly account: string } | null;
  /** The legs that the viewer may see, for a transfer with more than two; otherwise null. */
  readonly legs: readonly Omit<Leg, 'ownerId'>[] | null;
  readonly amountCaptured: bigint | null;
  /** Amount reversed, over the debits that the viewer may see. Null for a payee. */
  readonly amountReversed: bigint | null;
  readonly expiresAt: Instant | null;
  readonly reverses: string | null;
  readonly batchId: string | null;
  readonly code: ErrorCode | null;
  readonly createdAt: Instant;
  readonly completedAt: Instant | null;
};

/** The other side of an entry: the payer's display name, and the account id or its last four characters. */
export type CounterpartyView = {
  readonly name: string | null;
  readonly account: string;
  /** Number of further accounts that the viewer may see. */
  readonly more: number;
};

/** A refusal by a rule. `transferId` is the id of the stored rejected transfer, if any. */
export type Refused = {
  readonly ok: false;
  readonly replayed: boolean;
  readonly code: ErrorCode;
  readonly retry: Retry;
  readonly transferId: string | null;
  /** Present for a dry run, which stores nothing. */
  readonly dryRun?: true;
  /** First field that differs from the original request of the key. Only for `idempotency_key_reused`. */
  readonly field?: string;
};

export type TransferResult =
  | {
      readonly ok: true;
      readonly replayed: boolean;
      /** Absent: a dry run has a marked answer type of its own. */
      readonly dryRun?: never;
      readonly transfer: TransferView;
      /** Balances of the actor's own accounts right after this transfer. */
      readonly balances: readonly Balances[];
    }
  | Refused;

export function viewAccount(account: Account): AccountView {
  return {
    accountId: account.id,
    number: account.number,
    externalId: account.externalId,
    metadata: account.metadata,
    name: account.name,
    currency: account.currency,
    exponent: account.exponent,
    class: account.class,
    status: account.status,
    balance: account.balance,
    held: account.held,
    available: account.available,
    minimumBalance: account.minimumBalance,
    maximumBalance: account.maximumBalance,
    createdAt: account.createdAt,
  };
}

/** @throws PassbookError `forbidden` for a user: the system and auditors read everything */
export function requireReader(viewer: Viewer): void {
  if (viewer.kind === 'user') throw new PassbookError('forbidden');
}

export function mayViewAccount(viewer: Viewer, account: Account): boolean {
  return viewer.kind !== 'user' || owns(viewer, account);
}

/** Returns whether the viewer is a party of the transfer. Only its initiator may see a rejected one. */
export function mayViewTransfer(viewer: Viewer, transfer: Transfer): boolean {
  if (viewer.kind !== 'user') return true;
  return transfer.parties.includes(viewer.id) && touchesAccounts(viewer, transfer);
}

/** Returns whether a viewer limited to some accounts may see one of the transfer's; true for all other viewers. */
function touchesAccounts(viewer: Viewer, { legs }: Transfer): boolean {
  return !isLimited(viewer) || legs.some((leg) => owns(viewer, leg));
}

/** Returns the viewer's view of a transfer. `at` decides whether a hold counts as pending or expired. */
export function viewTransfer(
  transfer: Transfer,
  { viewer, at }: { viewer: Viewer; at: Instant },
): TransferView {
  const { legs, source, destination } = transfer;
  const seen = legs.filter((leg) => mayViewLeg(viewer, transfer, leg));
  const paid = seen.filter((leg) => leg.direction === 'debit');
  const received = seen.filter((leg) => leg.direction === 'credit');
  return {
    transferId: transfer.id,
    kind: transfer.kind,
    status: transfer.statusAt(at),
    sourceAccountId: paid[0]?.accountId ?? null,
    destinationAccountId: received[0]?.accountId ?? null,
    amount: paid.length > 0 ? sum(paid) : sum(received),
    currency: transfer.currency,
    exponent: transfer.exponent,
    description: transfer.description,
    reference: transfer.reference,
    externalId: maySeeMetadata(viewer, transfer) ? transfer.externalId : null,
    metadata: viewMetadata(viewer, transfer),
    counterparty: viewCounterparty(transfer, {
      hidden: paid.length === 0 ? source : received.length === 0 ? destination : null,
    }),
    legs:
      legs.length > 2
        ? seen.map(({ accountId, direction, amount }) => ({ accountId, direction, amount }))
        : null,
    amountCaptured: transfer.amountCaptured,
    amountReversed: paid.length > 0 ? reversedOf(transfer, paid) : null,
    expiresAt: transfer.expiresAt,
    reverses: transfer.reverses,
    batchId: viewer.kind !== 'user' || isInitiator(viewer, transfer) ? transfer.batchId : null,
    code: transfer.code && codeShownTo(viewer, transfer.code, transfer),
    createdAt: transfer.createdAt,
    completedAt: transfer.completedAt,
  };
}

/** Returns the metadata, which only the initiator and the system may see. */
export function viewMetadata(viewer: Viewer, transfer: Transfer): Metadata | null {
  return maySeeMetadata(viewer, transfer) ? transfer.metadata : null;
}

function maySeeMetadata(viewer: Viewer, transfer: Transfer): boolean {
  return viewer.kind === 'system' || isInitiator(viewer, transfer);
}

/** Viewers see their own legs, and all legs that they typed themselves. The other side of a reversal was not typed. */
function mayViewLeg(viewer: Viewer, transfer: Transfer, leg: Leg): boolean {
  if (viewer.kind !== 'user' || owns(viewer, leg)) return true;
  return isInitiator(viewer, transfer) && transfer.kind !== 'reversal';
}

function isInitiator(viewer: Viewer, transfer: Transfer): boolean {
  const { initiator } = transfer;
  if (viewer.kind !== 'user' || initiator.kind !== 'user' || initiator.id !== viewer.id) return false;
  return touchesAccounts(viewer, transfer);
}

/** Returns the part of a hidden other side that the viewer may see: the payer's name, and four characters of the id. */
function viewCounterparty(
  transfer: Transfer,
  { hidden }: { hidden: Leg | null },
): TransferView['counterparty'] {
  if (hidden === null || hidden.ownerId === null) return null;
  const name = hidden.direction === 'debit' ? transfer.payerName : null;
  return { name, account: lastFour(hidden.accountId) };
}

/** Returns the other side of an account's entry: the visible accounts, or the visible part of the first one. */
export function viewOtherSide(
  transfer: Transfer,
  { viewer, accountId }: { viewer: Viewer; accountId: string },
): { readonly name: string | null; readonly accounts: readonly string[] } | null {
  const own = transfer.legs.find((leg) => leg.accountId === accountId);
  const others = transfer.legs.filter((leg) => leg.direction !== own?.direction);
  const seen = others.filter((leg) => mayViewLeg(viewer, transfer, leg));
  if (seen.length === 0) {
    const hidden = viewCounterparty(transfer, { hidden: others[0] ?? null });
    return hidden && { name: hidden.name, accounts: [hidden.account] };
  }
  const name = own?.direction === 'credit' ? transfer.payerName : null;
  return { name, accounts: seen.map((leg) => leg.accountId) };
}

export function viewCounterpartyOf(
  transfer: Transfer,
  terms: { viewer: Viewer; accountId: string },
): CounterpartyView | null {
  const side = viewOtherSide(transfer, terms);
  const account = side?.accounts[0];
  return side && account !== undefined ? { name: side.name, account, more: side.accounts.length - 1 } : null;
}

function reversedOf({ legs, reversed }: Transfer, seen: readonly Leg[]): bigint {
  return legs.reduce(
    (total, leg, index) => (seen.includes(leg) ? total + (reversed?.[index] ?? 0n) : total),
    0n,
  );
}

function sum(legs: readonly Leg[]): bigint {
  return legs.reduce((total, { amount }) => total + amount, 0n);
}

/** Codes that would reveal a destination's status or balance. */
const DESTINATION_SECRETS: readonly RefusalCode[] = [
  'destination_account_closed',
  'destination_account_frozen',
  'exceeds_maximum_balance',
  'amount_overflow',
];

function codeShownTo(viewer: Viewer, code: RefusalCode, { legs }: Transfer): ErrorCode {
  const knows = viewer.kind !== 'user' || legs.every((leg) => leg.direction === 'debit' || owns(viewer, leg));
  return !knows && DESTINATION_SECRETS.includes(code) ? 'destination_account_unavailable' : code;
}

/** Returns the answer about one transfer, limited to the data that its actor may see. */
export function viewTransferAnswer(answer: Answer, actor: Actor): TransferResult {
  if ('conflict' in answer) return viewConflict(answer.conflict);

  const { outcome, replayed } = answer;
  if (outcome.kind !== 'transferred' && outcome.kind !== 'refused') {
    throw new TypeError(`A transfer cannot have ${outcome.kind}`);
  }
  return viewTransferOutcome(outcome, { actor, replayed });
}

export function viewTransferOutcome(
  outcome: TransferOutcome,
  { actor, replayed }: { actor: Actor; replayed: boolean },
): TransferResult {
  if (outcome.kind === 'refused') return viewRefusal(outcome, { replayed, actor });
  const { transfer, balances } = outcome;
  // The state right after the transfer: a hold that has expired since is still pending here
  return {
    ok: true,
    replayed,
    transfer: viewTransfer(transfer, { viewer: actor, at: transfer.createdAt }),
    balances: isLimited(actor)
      ? balances.filter(({ accountId }) => owns(actor, { ownerId: actor.id ?? null, accountId }))
      : balances,
  };
}

export function viewRefusal(
  { code, transfer }: Refusal,
  { replayed, actor }: { replayed: boolean; actor: Actor },
): Refused {
  const shown = transfer ? codeShownTo(actor, code, transfer) : code;
  return {
    ok: false,
    replayed,
    code: shown,
    retry: errorCatalogue[shown].retry,
    transferId: transfer?.id ?? null,
  };
}

export function viewConflict({ field }: { field: string }): Refused {
  const code = 'idempotency_key_reused';
  return { ok: false, replayed: false, code, retry: errorCatalogue[code].retry, transferId: null, field };
}

export type BatchResult =
  | {
      /** Whether every member succeeded. */
      readonly ok: boolean;
      readonly replayed: boolean;
      /** Absent: a dry run has a marked answer type of its own. */
      readonly dryRun?: never;
      /** One result for each requested transfer, in the same order. */
      readonly members: readonly TransferResult[];
    }
  | (Refused & { readonly members?: never });
