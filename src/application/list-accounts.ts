import { readPage } from './page.ts';
import type { Page, PageRequest } from './page.ts';
import type { LedgerReads } from './ports.ts';
import { viewAccount } from './views.ts';
import type { AccountView } from './views.ts';

/** An owner's accounts, the oldest first. @throws PassbookError `invalid_request`, `unavailable` */
export function listAccounts({ reads }: { reads: LedgerReads }) {
  return async (ownerId: string, request: PageRequest = {}): Promise<Page<AccountView>> => {
    const page = await readPage(request, (terms) => reads.accountsOf(ownerId, terms));
    return { ...page, items: page.items.map(viewAccount) };
  };
}
