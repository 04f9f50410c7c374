import type { Account } from '../../domain/entities/account.ts';
import { PassbookError } from '../../domain/errors.ts';
import type { Viewer } from '../../domain/actor.ts';
import { requireReader } from '../views.ts';
import type { Instant } from '../../domain/time.ts';
import { TrialSums } from '../../domain/reporting/trial-balance.ts';
import type { TrialBalance } from '../../domain/reporting/trial-balance.ts';
import { allPages } from '../all-pages.ts';
import { entryAt, isFinal } from './account-at.ts';
import type { ClockPorts } from './account-at.ts';
import { ownTurn } from '../event-loop.ts';
import type { LedgerReads, LedgerScan } from '../ports/ledger-store.ts';

export type TrialBalanceView = {
  /** The requested instant. Default: the time of the read. */
  readonly at: Instant;
  /** Whether the figures at that instant can no longer change. */
  readonly final: boolean;
  readonly currencies: readonly TrialBalance[];
};

const ACCOUNTS_PAGE = 200;
const READS_AT_ONCE = 16;
const ATTEMPTS = 5;

/**
 * Returns every system account and the sum of the customers' accounts, by currency. Reads a snapshot of the store, or
 * the books as of `at`, which needs a lookup for every account with later entries.
 * @throws PassbookError `forbidden` for a user; `invalid_request` for a future instant
 * @throws PassbookError `unavailable`, also if the instant is so recent that commits in progress keep changing it
 */
export function getTrialBalance(ports: ClockPorts & { reads: LedgerReads; scan: LedgerScan }) {
  const { scan, clock } = ports;
  return async (viewer: Viewer, { at }: { at?: Instant } = {}): Promise<TrialBalanceView> => {
    requireReader(viewer);
    const now = clock.now();
    if (at === undefined) return { at: now, final: false, currencies: await balancesNow(scan) };

    const final = isFinal(ports, { field: 'at', at, now });
    const { sums } = final ? await collect(ports, at) : await collectAtOneMoment(ports, at);
    return { at, final, currencies: sums.balances() };
  };
}

type Books = { readonly reads: LedgerReads; readonly scan: LedgerScan };

/** Reads one snapshot, so that no transfer shows only one of its sides. */
function balancesNow(scan: LedgerScan): Promise<readonly TrialBalance[]> {
  return scan.atOnce(async (books) => {
    const sums = new TrialSums();
    for await (const page of books.accounts()) for (const account of page) sums.add(account);
    return sums.balances();
  });
}

type Collected = { readonly sums: TrialSums; readonly sequences: number };

/**
 * Collects until two successive collections agree, so nothing changed between them. Sequences only grow, so their sum
 * is equal only if each of them is.
 */
async function collectAtOneMoment(books: Books, at: Instant): Promise<Collected> {
  let before = await collect(books, at);
  for (let attempt = 1; attempt < ATTEMPTS; attempt++) {
    const again = await collect(books, at);
    if (again.sequences === before.sequences) return again;
    before = again;
  }
  throw new PassbookError('unavailable', { retryAfterSeconds: 1 });
}

async function collect({ reads, scan }: Books, at: Instant): Promise<Collected> {
  const sums = new TrialSums();
  let sequences = 0;
  const all = allPages((page) => scan.accountsPage(page), { idOf: ({ id }) => id, limit: ACCOUNTS_PAGE });
  for await (const page of all) {
    const opened = page.filter(({ createdAt }) => createdAt <= at);
    for (let first = 0; first < opened.length; first += READS_AT_ONCE) {
      const some = opened.slice(first, first + READS_AT_ONCE);
      const then = await Promise.all(some.map((account) => bookAt(reads, account, at)));
      for (const account of then) {
        sequences += account.sequence;
        sums.add(account);
      }
      await ownTurn();
    }
  }
  return { sums, sequences };
}

/** Returns the account as of an instant. Needs no lookup for an account without later entries. */
async function bookAt(reads: LedgerReads, account: Account, at: Instant): Promise<Account> {
  return account.latestAt <= at ? account : account.afterEntry(await entryAt(reads, account, at));
}
