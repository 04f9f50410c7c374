import type { Account } from '../domain/account.ts';
import type { Viewer } from '../domain/actor.ts';
import { PassbookError } from '../domain/errors.ts';
import type { Balances } from '../domain/outcome.ts';
import { balancesOf } from '../domain/steps.ts';
import type { Instant } from '../domain/time.ts';
import type { Clock, LedgerReads } from './ports.ts';
import { mayViewAccount, viewAccount } from './views.ts';
import type { AccountView } from './views.ts';

/** @throws PassbookError `account_not_found` if it does not exist or is another's; `unavailable` */
export function getAccount(ports: { reads: LedgerReads; clock: Clock }) {
  return async (viewer: Viewer, accountId: string): Promise<AccountView> =>
    viewAccount(await readAccount(ports.reads, { viewer, accountId, at: ports.clock.now() }));
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
    const account = await readAccount(reads, { viewer, accountId, at });
    return { ...balancesOf(account), currency: account.currency, exponent: account.exponent, at };
  };
}

async function readAccount(
  reads: LedgerReads,
  { viewer, accountId, at }: { viewer: Viewer; accountId: string; at: Instant },
): Promise<Account> {
  const account = await reads.account(accountId);
  if (!account || !mayViewAccount(viewer, account)) throw new PassbookError('account_not_found');
  return asOf(reads, account, at);
}

/** The account with its due holds expired, whether or not anything has swept them. */
export async function asOf(reads: LedgerReads, account: Account, at: Instant): Promise<Account> {
  let read = account;
  for (;;) {
    if (read.nextExpiryAt === null || read.nextExpiryAt > at) return read;
    const due = await reads.holdsDue(read.id, at);
    // Whoever swept it between the two looks has left an entry.
    const again = (await reads.account(read.id)) ?? read;
    if (again.sequence === read.sequence) return due.reduce((sofar, hold) => sofar.withoutHold(hold), read);
    read = again;
  }
}
