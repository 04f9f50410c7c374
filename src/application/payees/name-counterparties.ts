import type { Viewer } from '../../domain/actor.ts';
import type { EntryView } from '../reporting/list-entries.ts';
import type { TransferView } from '../views.ts';
import type { PayeeName, payeeNames } from './payee-names.ts';

type PayeeNames = ReturnType<typeof payeeNames>;

/** The payees of a payer's transfers and entries, each with their name and the number of their account. */
export interface NameCounterparties {
  /** Names the payees in transfers that the viewer made. All other transfers stay. */
  transfers(viewer: Viewer, transfers: readonly TransferView[]): Promise<readonly TransferView[]>;
  /** Names the payees in the debits of the viewer's account. All other entries stay. */
  entries(viewer: Viewer, entries: readonly EntryView[]): Promise<readonly EntryView[]>;
}

/** The other side of a transfer or entry, with the number that only a payer sees. */
export type NamedCounterparty = {
  readonly name: string | null;
  readonly account: string;
  readonly number?: string | null;
  readonly more?: number;
};

/** Adds what a payer may see of payees to the ledger's views, in one read for all of them. */
export function nameCounterparties({ payeeNames }: { payeeNames: PayeeNames }): NameCounterparties {
  return {
    async transfers(viewer, transfers) {
      if (viewer.kind !== 'user') return transfers;
      const payees = transfers.map(payeesOf);
      const paid = payees.flatMap(([first], at) => (isPayment(transfers[at]) ? (first ?? []) : []));
      const unpaid = payees.flatMap(([first], at) => (isPayment(transfers[at]) ? [] : (first ?? [])));
      const names = await payeeNames(viewer.id, paid, unpaid);
      return transfers.map((transfer, at) => {
        const [account, ...others] = payees[at] ?? [];
        const found = account === undefined ? undefined : names.get(account);
        if (account === undefined || !found) return transfer;
        return { ...transfer, counterparty: named({ account, more: others.length }, found) };
      });
    },

    async entries(viewer, entries) {
      if (viewer.kind !== 'user') return entries;
      const paid = entries.flatMap((entry) => (isDebit(entry) ? (entry.counterparty?.account ?? []) : []));
      const names = await payeeNames(viewer.id, paid);
      return entries.map((entry) => {
        const { counterparty } = entry;
        const found = counterparty && isDebit(entry) ? names.get(counterparty.account) : undefined;
        return counterparty && found ? { ...entry, counterparty: named(counterparty, found) } : entry;
      });
    },
  };
}

/** The accounts that a transfer's maker credited. None for all others, who do not see both sides. */
function payeesOf({ sourceAccountId, destinationAccountId, legs }: TransferView): readonly string[] {
  if (sourceAccountId === null || destinationAccountId === null) return [];
  const credited = (legs ?? []).filter(({ direction }) => direction === 'credit');
  return [...new Set([destinationAccountId, ...credited.map(({ accountId }) => accountId)])];
}

/** Whether money moved or was held. */
function isPayment(transfer: TransferView | undefined): boolean {
  return transfer !== undefined && transfer.status !== 'rejected';
}

function isDebit({ kind, direction }: EntryView): boolean {
  return kind === 'transfer' && direction === 'debit';
}

function named({ account, more }: { account: string; more: number }, { name, number }: PayeeName) {
  return { name, account, number, more };
}
