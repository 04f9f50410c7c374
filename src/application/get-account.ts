import type { Viewer } from '../domain/actor.ts';
import { PassbookError } from '../domain/errors.ts';
import type { Balances } from '../domain/outcome.ts';
import { balancesOf } from '../domain/posting.ts';
import type { Instant } from '../domain/time.ts';
import type { Clock, LedgerReads } from './ports.ts';
import { mayViewAccount, viewAccount } from './views.ts';
import type { AccountView } from './views.ts';

/** @throws PassbookError `account_not_found` if it does not exist or is another's; `unavailable` */
export function getAccount({ reads }: { reads: LedgerReads }) {
  return async (viewer: Viewer, accountId: string): Promise<AccountView> =>
    viewAccount(await readAccount(reads, viewer, accountId));
}

export type BalanceView = Balances & {
  readonly currency: string;
  readonly exponent: number;
  /** When it was read: it holds all that was committed before. */
  readonly at: Instant;
};

/** @throws PassbookError `account_not_found` if it does not exist or is another's; `unavailable` */
export function getBalance({ reads, clock }: { reads: LedgerReads; clock: Clock }) {
  return async (viewer: Viewer, accountId: string): Promise<BalanceView> => {
    const at = clock.now();
    const account = await readAccount(reads, viewer, accountId);
    return { ...balancesOf(account), currency: account.currency, exponent: account.exponent, at };
  };
}

async function readAccount(reads: LedgerReads, viewer: Viewer, accountId: string) {
  const account = await reads.account(accountId);
  if (!account || !mayViewAccount(viewer, account)) throw new PassbookError('account_not_found');
  return account;
}
