import type { Account } from '../../domain/entities/account.ts';
import type { Digest } from '../../domain/integrity/hash-chain.ts';
import { Cursors } from '../cursor.ts';
import { readPage } from '../page.ts';
import type { Page, ListRequest } from '../page.ts';
import { ownTurn } from '../event-loop.ts';
import { asOf } from '../reporting/account-at.ts';
import type { LedgerReads } from '../ports/ledger-store.ts';
import type { Clock } from '../ports/runtime.ts';
import type { Viewer } from '../../domain/actor.ts';
import { mayViewAccount, requireReader, viewAccount } from '../views.ts';
import type { AccountView } from '../views.ts';

const READS_AT_ONCE = 16;

/**
 * Lists an owner's accounts, oldest first. For a viewer limited to some accounts, a page may be short or even empty.
 * @throws PassbookError `forbidden` for a user who is not the owner; `invalid_request`, `unavailable`
 */
export function listAccounts({ reads, clock, digest }: { reads: LedgerReads; clock: Clock; digest: Digest }) {
  return async (viewer: Viewer, ownerId: string, request: ListRequest = {}): Promise<Page<AccountView>> => {
    if (viewer.kind !== 'user' || viewer.id !== ownerId) requireReader(viewer);
    const page = await readPage(request, new Cursors(digest, ['accounts', ownerId]), (terms) =>
      reads.accountsOf(ownerId, terms),
    );
    const at = clock.now();
    const seen = page.items.filter((account) => mayViewAccount(viewer, account));
    const accounts: Account[] = [];
    for (let first = 0; first < seen.length; first += READS_AT_ONCE) {
      if (first > 0) await ownTurn();
      const some = seen.slice(first, first + READS_AT_ONCE);
      accounts.push(...(await Promise.all(some.map((account) => asOf(reads, account, at)))));
    }
    return { ...page, items: accounts.map(viewAccount) };
  };
}
