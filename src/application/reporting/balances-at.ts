import type { Viewer } from '../../domain/actor.ts';
import type { Instant } from '../../domain/time.ts';
import type { LedgerReads } from '../ports/ledger-store.ts';
import { entriesAsOf, readOwnAccount } from './account-at.ts';

/**
 * Returns an account's balance after its last entry at or before each instant, in minor units. All instants share their
 * reads. An instant in the future has the balance now.
 * @throws PassbookError `account_not_found` if it does not exist or belongs to someone else
 */
export function balancesAt({ reads }: { reads: LedgerReads }) {
  return async (
    viewer: Viewer,
    accountId: string,
    instants: readonly Instant[],
  ): Promise<readonly bigint[]> => {
    if (instants.length === 0) return [];
    const account = await readOwnAccount(reads, { viewer, accountId });
    const entries = await entriesAsOf(reads, account, instants);
    return entries.map((entry) => account.afterEntry(entry).balance);
  };
}
