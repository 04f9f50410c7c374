import type { NamedCounterparty } from '../../../application/payees/name-counterparties.ts';
import type { AccountView, TransferView } from '../../../application/views.ts';
import { formatAccountNumber } from '../../../domain/entities/account-number.ts';
import { accountTitle } from '../accounts.ts';
import type { PageContext, ConsolePorts } from '../ports.ts';
import { ownAccounts } from '../accounts.ts';
import { kindText } from './kinds.ts';
import { selfOf } from './self.ts';

/** A payment with the part that the reader has in it. */
export type OwnPayment = {
  readonly transfer: TransferView;
  /** The reader's account that pays; undefined if another's does. */
  readonly source: AccountView | undefined;
  /** The reader's account that is paid; undefined if it is another's. */
  readonly destination: AccountView | undefined;
  readonly currency: string;
  readonly exponent: number;
  /** The other side, as the reader may name it. */
  readonly other: { readonly name: string; readonly number: string | null };
};

/** Reads a payment of the person. @throws PassbookError `transfer_not_found` */
export async function readPayment(
  c: PageContext,
  ports: ConsolePorts,
  transferId: string,
): Promise<OwnPayment> {
  const viewer = selfOf(c);
  const { bank } = ports;
  const [found, accounts] = await Promise.all([
    bank.ledger.getTransfer(viewer, transferId),
    ownAccounts(ports, viewer.id),
  ]);
  const [transfer = found] = await bank.counterparties.transfers(viewer, [found]);
  const own = (id: string | null) => accounts.find(({ accountId }) => accountId === id);
  const [source, destination] = [own(transfer.sourceAccountId), own(transfer.destinationAccountId)];
  const account = source ?? destination;
  return {
    transfer,
    source,
    destination,
    currency: transfer.currency ?? account?.currency ?? '',
    exponent: transfer.exponent ?? account?.exponent ?? 0,
    other: otherOf(transfer, source && destination),
  };
}

function otherOf(transfer: TransferView, ownDestination: AccountView | undefined): OwnPayment['other'] {
  if (ownDestination) return { name: accountTitle(ownDestination), number: ownDestination.number };
  const known: NamedCounterparty | null = transfer.counterparty;
  if (known === null) return { name: transfer.kind === 'transfer' ? 'the payee' : 'the bank', number: null };
  return { name: known.name ?? kindText(transfer.kind), number: known.number ?? null };
}

/** The number of the other side; its last characters if the reader may see no more. */
export function otherNumber({ other, transfer }: Pick<OwnPayment, 'other' | 'transfer'>): string {
  if (other.number !== null) return formatAccountNumber(other.number);
  const account = transfer.counterparty?.account ?? '';
  return account.length === 4 ? `Account ending in ${account}` : '';
}
