import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '../../application/ports/ledger-store.ts';
import type { Clock } from '../../application/ports/runtime.ts';
import { TestBank } from '../fixtures/bank.ts';
import { FixedClock } from '../fixtures/builders.ts';
import { describeAccounts } from './accounts.ts';
import { describeAdministration } from './administration.ts';
import { describeAtOnce } from './at-once.ts';
import { describeBankBusiness } from './bank-business.ts';
import { describeBatches } from './batches.ts';
import { describeCredentials } from './credentials.ts';
import { describeDryRuns } from './dry-runs.ts';
import { describeDuplicates } from './duplicates.ts';
import { describeEntries } from './entries.ts';
import { describeErasure } from './erasure.ts';
import { describeHistory } from './history.ts';
import { describeHolds } from './holds.ts';
import { describeIdempotency } from './idempotency.ts';
import { describeIdentifiers } from './identifiers.ts';
import { describeMailHours } from './mail-hours.ts';
import { describeManyHolds } from './many-holds.ts';
import { describeOrderOfChecks } from './order-of-checks.ts';
import { describeOutbox } from './outbox.ts';
import { describePayees } from './payees.ts';
import { describePrivacy } from './privacy.ts';
import { describeReads } from './reads.ts';
import { describeReversals } from './reversals.ts';
import { describeSeveralLegs } from './several-legs.ts';
import { describeScans, KEPT } from './scans.ts';
import { describeStatements } from './statements.ts';
import type { Subject } from './subject.ts';
import { describeTransfers } from './transfers.ts';
import { describeUnitsOfWork } from './units-of-work.ts';
import { describeUsersAndSessions } from './users-and-sessions.ts';

export type OpenedStore = {
  readonly store: Store;
  /** A second client on the same data, like that of another process. Tests of races use both. */
  readonly second?: Store;
};

/** Opens a new, empty store. Only tests move `clock`, so it is far from the machine's. */
export type OpenStore = (options: { readonly clock: Clock }) => Promise<Store | OpenedStore>;

/** Only a hang ends a test by the clock, since a correct store may be slow. */
const HANGS_AFTER_MS = 600_000;

/**
 * Defines the tests that every store passes, and the ledger over it, under `name`. For a test file of Vitest.
 * Each of the two parts opens a store, and closes it after its last test. Each test makes its own records, and none
 * assumes that the system's accounts or the outbox are empty.
 * @example
 * storeContract('my store', async () => new MyStore());
 */
export function storeContract(name: string, open: OpenStore): void {
  describe(name, { timeout: HANGS_AFTER_MS }, () => {
    const subject = opened(open);
    describeUnitsOfWork(subject);
    describeUsersAndSessions(subject);
    describeCredentials(subject);
    describePayees(subject);
    describeOutbox(subject);
    describeMailHours(subject);
    describeAccounts(subject);
    describeIdentifiers(subject);
    describeTransfers(subject);
    describeHolds(subject);
    describeBatches(subject);
    describeSeveralLegs(subject);
    describeReversals(subject);
    describeAdministration(subject);
    describeErasure(subject);
    describeBankBusiness(subject);
    describePrivacy(subject);
    describeDryRuns(subject);
    describeOrderOfChecks(subject);
    describeIdempotency(subject);
    describeDuplicates(subject);
    describeEntries(subject);
    describeAtOnce(subject);
    describeHistory(subject, { steps: 30, rounds: 4 });
    describeStatements(subject);
    it('keeps books in which verifying finds only what tests changed by hand', async () => {
      const { faults } = await subject().bank.ledger.verifyBooks();
      expect(faults.filter(({ kind }) => KEPT.has(kind))).toEqual([]);
    });
  });

  // On books of their own: these tests read all books, many times, while they write
  describe(name, { timeout: HANGS_AFTER_MS }, () => {
    const subject = opened(open);
    describeReads(subject);
    describeScans(subject);
    // Last, because it writes thousands of entries that other tests would read
    describeManyHolds(subject);
  });
}

/** Opens the store before the tests of this `describe`, and closes it after them. */
function opened(open: OpenStore): () => Subject {
  const clock = new FixedClock();
  let subject: Subject | undefined;

  beforeAll(async () => {
    const given = await open({ clock });
    const { store, second = store } = 'store' in given ? given : { store: given };
    subject = {
      clock,
      store,
      second,
      bank: new TestBank({ store, clock }),
      otherBank: new TestBank({ store: second, clock }),
    };
  }, HANGS_AFTER_MS);

  afterAll(async () => {
    if (!subject) return;
    const { store, second, bank, otherBank } = subject;
    await Promise.all([bank.ledger.close(), otherBank.ledger.close()]);
    if (second !== store) await second.close();
    await store.close();
  }, HANGS_AFTER_MS);

  return () => {
    if (!subject) throw new TypeError('The store is opened before the first test');
    return subject;
  };
}
