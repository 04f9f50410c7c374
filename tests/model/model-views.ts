import type { AccountView, TransferView } from '../../src/application/views.ts';
import type { Viewer } from '../../src/domain/actor.ts';
import type { ErrorCode, RefusalCode } from '../../src/domain/errors.ts';
import { balancesOf, countersOf, EXPONENTS, pendingHoldsOn, reversedOf, statusAt, sumOf } from './model.ts';
import type { Counters, Model, ModelAccount, ModelLeg, ModelTransfer } from './model.ts';

export function exponentOf(currency: string): number {
  const exponent = EXPONENTS[currency];
  if (exponent === undefined) throw new TypeError(`The model does not know ${currency}`);
  return exponent;
}

/** As its entries leave it; or as it counts, where that is given. */
export function viewAccount(account: ModelAccount, counters?: Counters): AccountView {
  const { number, externalId, metadata, name, currency, status, minimumBalance, maximumBalance } = account;
  return {
    ...balancesOf(account, counters),
    number,
    externalId,
    metadata,
    name,
    currency,
    exponent: exponentOf(currency),
    class: account.class,
    status,
    minimumBalance,
    maximumBalance,
    createdAt: account.openedAt,
  };
}

/** What counts for a read now: without the holds that are due, though nothing has written that they ended. */
export function countersNow(model: Model, account: ModelAccount): Counters {
  const counters = countersOf(account);
  const due = pendingHoldsOn(model, account.id)
    .filter((hold) => statusAt(hold, model.now) === 'expired')
    .flatMap(({ legs }) => legs.filter(({ accountId }) => accountId === account.id));
  const on = (side: string) => sumOf(due.filter(({ direction }) => direction === side));
  return {
    ...counters,
    debitsPending: counters.debitsPending - on('debit'),
    creditsPending: counters.creditsPending - on('credit'),
  };
}

export function maySeeAccount(viewer: Viewer, account: ModelAccount): boolean {
  return viewer.kind !== 'user' || viewer.id === account.ownerId;
}

/** The initiator's, and of those that were not rejected the owners' of all its accounts. The system and auditors see all. */
export function maySeeTransfer(viewer: Viewer, transfer: ModelTransfer): boolean {
  return viewer.kind !== 'user' || isParty(viewer.id, transfer);
}

/** Whether it stands in the user's list. */
export function isParty(id: string, { initiator, status, legs }: ModelTransfer): boolean {
  return initiator.id === id || (status !== 'rejected' && legs.some(({ ownerId }) => ownerId === id));
}

/** The newest first; of one instant those with the last ids. */
export function transfersOf(model: Model, userId: string): readonly ModelTransfer[] {
  return [...model.transfers.values()]
    .filter((transfer) => isParty(userId, transfer))
    .sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
}

/** As it counts at an instant, to one who may see it. */
export function viewTransfer(transfer: ModelTransfer, viewer: Viewer, now: number): TransferView {
  const { legs, currency, initiator, kind } = transfer;
  const isTheirs = viewer.kind === 'user' && initiator.kind === 'user' && initiator.id === viewer.id;
  const seesMetadata = isTheirs || viewer.kind === 'system';
  const knowsAll = viewer.kind !== 'user' || (isTheirs && kind !== 'reversal');
  const seen = legs.filter(({ ownerId }) => knowsAll || (viewer.kind === 'user' && ownerId === viewer.id));
  const paid = seen.filter(({ direction }) => direction === 'debit');
  const received = seen.filter(({ direction }) => direction === 'credit');
  return {
    transferId: transfer.id,
    kind,
    status: statusAt(transfer, now),
    sourceAccountId: paid[0]?.accountId ?? null,
    destinationAccountId: received[0]?.accountId ?? null,
    amount: sumOf(paid.length > 0 ? paid : received),
    currency,
    exponent: currency === null ? null : exponentOf(currency),
    description: transfer.description,
    reference: transfer.reference,
    externalId: seesMetadata ? transfer.externalId : null,
    metadata: seesMetadata ? transfer.metadata : null,
    counterparty: counterpartyOf(transfer, { paid, received }),
    legs:
      legs.length === 2
        ? null
        : seen.map(({ accountId, direction, amount }) => ({ accountId, direction, amount })),
    amountCaptured: transfer.amountCaptured,
    amountReversed: paid.length === 0 ? null : paid.reduce((sum, leg) => sum + reversedOf(leg, transfer), 0n),
    expiresAt: transfer.expiresAt,
    reverses: transfer.reverses,
    batchId: isTheirs || viewer.kind !== 'user' ? transfer.batchId : null,
    code: transfer.code && codeFor(viewer, transfer.code, transfer),
    createdAt: transfer.createdAt,
    completedAt: transfer.completedAt,
  };
}

/** The side that is hidden: the payer by name, and either by four characters of the account. The bank is not shown. */
function counterpartyOf(
  { legs, payerName }: ModelTransfer,
  { paid, received }: { paid: readonly ModelLeg[]; received: readonly ModelLeg[] },
): TransferView['counterparty'] {
  const hiddenSide = paid.length === 0 ? 'debit' : received.length === 0 ? 'credit' : null;
  const hidden = legs.find(({ direction }) => direction === hiddenSide);
  if (!hidden || hidden.ownerId === null) return null;
  return { name: hiddenSide === 'debit' ? payerName : null, account: hidden.accountId.slice(-4) };
}

/** What tells that a destination is closed, frozen or full. */
const STATE_OF_DESTINATION: readonly RefusalCode[] = [
  'destination_account_closed',
  'destination_account_frozen',
  'exceeds_maximum_balance',
  'amount_overflow',
];

/** A user who does not own the destinations learns no more of their state than that one cannot take its amount. */
export function codeFor(viewer: Viewer, code: RefusalCode, { legs }: ModelTransfer): ErrorCode {
  const isAnothers = ({ direction, ownerId }: ModelLeg) =>
    direction === 'credit' && viewer.kind === 'user' && viewer.id !== ownerId;
  return legs.some(isAnothers) && STATE_OF_DESTINATION.includes(code)
    ? 'destination_account_unavailable'
    : code;
}
