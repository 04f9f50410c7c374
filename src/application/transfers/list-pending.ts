import type { Viewer } from '../../domain/actor.ts';
import type { LedgerReads } from '../ports/ledger-store.ts';
import type { Clock } from '../ports/runtime.ts';
import { readOwnAccount } from '../reporting/account-at.ts';
import { viewTransfer } from '../views.ts';
import type { TransferView } from '../views.ts';

/**
 * Returns up to `limit` pending holds of an account, those that expire first, by an index. Other entries cost nothing.
 * @throws PassbookError `account_not_found` if it does not exist or belongs to someone else
 */
export function listPending({ reads, clock }: { reads: LedgerReads; clock: Clock }) {
  return async (
    viewer: Viewer,
    accountId: string,
    { limit }: { limit: number },
  ): Promise<readonly TransferView[]> => {
    const account = await readOwnAccount(reads, { viewer, accountId });
    const at = clock.now();
    // A hold that expires now has expired
    const holds = await reads.pendingHolds(account.id, { after: { expiresAt: at + 1, id: '' }, limit });
    return holds.map(({ transfer }) => viewTransfer(transfer, { viewer, at }));
  };
}
