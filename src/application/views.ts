import type { Account, AccountClass, AccountStatus } from '../domain/account.ts';
import { owns } from '../domain/actor.ts';
import type { Actor, Viewer } from '../domain/actor.ts';
import { errorCatalogue } from '../domain/errors.ts';
import type { ErrorCode, RefusalCode, Retry } from '../domain/errors.ts';
import { lastFour } from '../domain/message.ts';
import type { Answer, Balances, Outcome } from '../domain/outcome.ts';
import type { Instant } from '../domain/time.ts';
import type { Leg, Metadata, Transfer, TransferKind, TransferStatus } from '../domain/transfer.ts';

/** An account as its owner sees it. Amounts in minor units of `currency`, which has `exponent` decimals. */
export type AccountView = Balances & {
  readonly name: string | null;
  readonly currency: string;
  readonly exponent: number;
  readonly class: AccountClass;
  readonly status: AccountStatus;
  readonly minimumBalance: bigint | null;
  readonly maximumBalance: bigint | null;
  readonly createdAt: Instant;
};

/** A transfer as one viewer may see it. */
export type TransferView = {
  readonly transferId: string;
  readonly kind: TransferKind;
  readonly status: TransferStatus;
  /** Null where it is another's and the viewer did not name it. */
  readonly sourceAccountId: string | null;
  readonly destinationAccountId: string;
  readonly amount: bigint;
  readonly currency: string | null;
  readonly exponent: number | null;
  readonly description: string | null;
  readonly metadata: Metadata | null;
  /** The payer as the payee may know them: a display name, the last four characters of the account. */
  readonly counterparty: { readonly name: string | null; readonly account: string } | null;
  readonly code: ErrorCode | null;
  readonly createdAt: Instant;
  readonly completedAt: Instant | null;
};

/** A rule said no. `transferId` names the rejection that was kept, if one was. */
export type Refused = {
  readonly ok: false;
  readonly replayed: boolean;
  readonly code: ErrorCode;
  readonly retry: Retry;
  readonly transferId: string | null;
  /** The field that differs from the request first made with the key: with `idempotency_key_reused` only. */
  readonly field?: string;
};

export type TransferResult =
  | {
      readonly ok: true;
      readonly replayed: boolean;
      readonly transfer: TransferView;
      /** Of the actor's own accounts, as of this transfer. */
      readonly balances: readonly Balances[];
    }
  | Refused;

export function viewAccount(account: Account): AccountView {
  return {
    accountId: account.id,
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

export function mayViewAccount(viewer: Viewer, account: Account): boolean {
  return viewer.kind !== 'user' || owns(viewer, account);
}

/** Another's transfer is as one that does not exist; a rejected one is its initiator's alone. */
export function mayViewTransfer(viewer: Viewer, transfer: Transfer): boolean {
  return viewer.kind !== 'user' || transfer.parties.includes(viewer.id);
}

export function viewTransfer(transfer: Transfer, viewer: Viewer): TransferView {
  const { source, destination, initiator } = transfer;
  const isInitiator = viewer.kind === 'user' && initiator.kind === 'user' && initiator.id === viewer.id;
  const knowsSource = viewer.kind !== 'user' || isInitiator || owns(viewer, source);
  return {
    transferId: transfer.id,
    kind: transfer.kind,
    status: transfer.status,
    sourceAccountId: knowsSource ? source.accountId : null,
    destinationAccountId: destination.accountId,
    amount: transfer.amount,
    currency: transfer.currency,
    exponent: transfer.exponent,
    description: transfer.description,
    metadata: viewer.kind === 'system' || isInitiator ? transfer.metadata : null,
    counterparty:
      knowsSource || source.ownerId === null
        ? null
        : { name: transfer.payerName, account: lastFour(source.accountId) },
    code: transfer.code && codeShownTo(viewer, transfer.code, destination),
    createdAt: transfer.createdAt,
    completedAt: transfer.completedAt,
  };
}

/** What tells of a destination's state, or of how full it is. */
const DESTINATION_SECRETS: readonly RefusalCode[] = [
  'destination_account_closed',
  'destination_account_frozen',
  'exceeds_maximum_balance',
  'amount_overflow',
];

function codeShownTo(viewer: Viewer, code: RefusalCode, destination: Leg): ErrorCode {
  const knows = viewer.kind !== 'user' || owns(viewer, destination);
  return !knows && DESTINATION_SECRETS.includes(code) ? 'destination_account_unavailable' : code;
}

/** An answer of the ledger as its actor may see it; `transferred` is all that can have succeeded. */
export function viewTransferAnswer(answer: Answer, actor: Actor): TransferResult {
  if ('conflict' in answer) return viewConflict(answer.conflict);

  const { outcome, replayed } = answer;
  if (outcome.kind === 'refused') return viewRefusal(outcome, { replayed, actor });
  if (outcome.kind !== 'transferred') throw new TypeError(`A transfer cannot have ${outcome.kind}`);
  return {
    ok: true,
    replayed,
    transfer: viewTransfer(outcome.transfer, actor),
    balances: outcome.balances,
  };
}

export function viewRefusal(
  { code, transfer }: Extract<Outcome, { kind: 'refused' }>,
  { replayed, actor }: { replayed: boolean; actor: Actor },
): Refused {
  const shown = transfer ? codeShownTo(actor, code, transfer.destination) : code;
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
