import type { AccountView, TransferView } from '../../src/application/views.ts';
import type { Viewer } from '../../src/domain/actor.ts';
import type { ErrorCode, RefusalCode } from '../../src/domain/errors.ts';
import { balancesOf, EXPONENTS } from './model.ts';
import type { Model, ModelAccount, ModelTransfer } from './model.ts';

export function exponentOf(currency: string): number {
  const exponent = EXPONENTS[currency];
  if (exponent === undefined) throw new TypeError(`The model does not know ${currency}`);
  return exponent;
}

export function viewAccount(account: ModelAccount): AccountView {
  const { name, currency, status, minimumBalance, maximumBalance } = account;
  return {
    ...balancesOf(account),
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

export function maySeeAccount(viewer: Viewer, account: ModelAccount): boolean {
  return viewer.kind !== 'user' || viewer.id === account.ownerId;
}

/** The initiator's, and of completed ones the owners' of both accounts too. The system and auditors see all. */
export function maySeeTransfer(viewer: Viewer, transfer: ModelTransfer): boolean {
  return viewer.kind !== 'user' || isParty(viewer.id, transfer);
}

/** Whether it stands in the user's list. */
export function isParty(id: string, { initiator, code, source, destination }: ModelTransfer): boolean {
  return initiator.id === id || (code === null && (source.ownerId === id || destination.ownerId === id));
}

/** The newest first. */
export function transfersOf(model: Model, userId: string): readonly ModelTransfer[] {
  return model.transfers
    .filter((transfer) => isParty(userId, transfer))
    .sort((a, b) => (a.id < b.id ? 1 : -1));
}

export function viewTransfer(transfer: ModelTransfer, viewer: Viewer): TransferView {
  const { source, destination, currency, initiator } = transfer;
  const typedIt = viewer.kind === 'user' && initiator.kind === 'user' && initiator.id === viewer.id;
  const sees = ({ ownerId }: ModelTransfer['source']) =>
    viewer.kind !== 'user' || typedIt || ownerId === viewer.id;
  const hidden = !sees(source) ? source : !sees(destination) ? destination : null;
  return {
    transferId: transfer.id,
    kind: transfer.kind,
    status: transfer.code === null ? 'completed' : 'rejected',
    sourceAccountId: sees(source) ? source.accountId : null,
    destinationAccountId: sees(destination) ? destination.accountId : null,
    amount: transfer.amount,
    currency,
    exponent: currency === null ? null : exponentOf(currency),
    description: transfer.description,
    metadata: typedIt || viewer.kind === 'system' ? transfer.metadata : null,
    counterparty:
      hidden && hidden.ownerId !== null
        ? { name: hidden === source ? transfer.payerName : null, account: hidden.accountId.slice(-4) }
        : null,
    legs: null,
    amountCaptured: null,
    amountReversed: sees(source) ? 0n : null,
    expiresAt: null,
    reverses: null,
    batchId: null,
    code: transfer.code === null ? null : codeFor(viewer, transfer.code, destination.ownerId),
    createdAt: transfer.at,
    completedAt: transfer.code === null ? transfer.at : null,
  };
}

/** What tells that a destination is closed, frozen or full. */
const STATE_OF_DESTINATION: readonly RefusalCode[] = [
  'destination_account_closed',
  'destination_account_frozen',
  'exceeds_maximum_balance',
  'amount_overflow',
];

/** A user who does not own the destination learns no more of its state than that it cannot take the amount. */
export function codeFor(viewer: Viewer, code: RefusalCode, destinationOwner: string | null): ErrorCode {
  const isAnothers = viewer.kind === 'user' && viewer.id !== destinationOwner;
  return isAnothers && STATE_OF_DESTINATION.includes(code) ? 'destination_account_unavailable' : code;
}
