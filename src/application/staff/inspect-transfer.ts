import type { Viewer } from '../../domain/actor.ts';
import type { LedgerEntry } from '../../domain/entities/ledger-entry.ts';
import type { Initiator, Leg } from '../../domain/entities/transfer.ts';
import { PassbookError } from '../../domain/errors.ts';
import type { LedgerScan } from '../ports/ledger-store.ts';
import type { Clock } from '../ports/runtime.ts';
import { requireReader, viewTransfer } from '../views.ts';
import type { TransferView } from '../views.ts';

/** A transfer with all its legs and entries. */
export type TransferRecord = {
  readonly transfer: TransferView;
  readonly legs: readonly Leg[];
  /** By instant, and then debits before credits. */
  readonly entries: readonly LedgerEntry[];
  readonly initiator: Initiator;
  readonly payerName: string | null;
  /** Amount that a reversal can still return, in minor units: 0 for a transfer that cannot be reversed. */
  readonly reversible: bigint;
  readonly isHold: boolean;
  /** Whether a text of the transfer was erased. */
  readonly isErased: boolean;
};

/**
 * Returns a transfer in full, with its entries in the books of all accounts.
 * @throws PassbookError `forbidden` for a user; `transfer_not_found`, `unavailable`
 */
export function inspectTransfer({ scan, clock }: { scan: LedgerScan; clock: Clock }) {
  return async (viewer: Viewer, transferId: string): Promise<TransferRecord> => {
    requireReader(viewer);
    const [found] = await scan.transfersById([transferId]);
    if (!found) throw new PassbookError('transfer_not_found');
    const { transfer, entries } = found;
    const { legs, initiator, payerName, isHold } = transfer;
    const mayReverse = transfer.status === 'completed' && transfer.kind !== 'reversal';
    return {
      transfer: viewTransfer(transfer, { viewer, at: clock.now() }),
      legs,
      entries: entries.toSorted((a, b) => a.at - b.at || (a.direction < b.direction ? 1 : -1)),
      initiator,
      payerName,
      reversible: mayReverse ? transfer.amountMoved - transfer.amountReversed : 0n,
      isHold,
      isErased: transfer.erased !== null,
    };
  };
}
