import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import type { SqliteStore } from '../../src/adapters/sqlite/index.ts';
import { allPages } from '../../src/application/all-pages.ts';
import { readConfig } from '../../src/config.ts';
import type { Account } from '../../src/domain/entities/account.ts';
import type { Transfer } from '../../src/domain/entities/transfer.ts';
import { continueHistory, makeHistory } from '../../src/demo/history.ts';
import type { HistoryTerms } from '../../src/demo/history.ts';
import { externalIdOf } from '../../src/demo/teller.ts';
import type { AccountKey } from '../../src/demo/teller.ts';
import { createLedger } from '../../src/index.ts';
import type { Ledger } from '../../src/index.ts';
import { FixedClock } from '../../src/testing/fixtures/builders.ts';

const DAY_MS = 86_400_000;
/** A Friday evening. */
const NOW = Date.UTC(2026, 10, 27, 19, 30);
const PLAN = { people: 4, months: 2, seed: 7 };
const BANK = { kind: 'system' } as const;
const MARA = 'mara.lindqvist';

type Books = {
  readonly store: SqliteStore;
  readonly ledger: Ledger;
  readonly transfers: readonly Transfer[];
};

describe('the history of a demo', () => {
  let folder: string;
  let books: Books;
  const open: SqliteStore[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'passbook-demo-test-'));
    await makeHistory(termsOf('first'));
    await copyFile(join(folder, 'first.db'), join(folder, 'kept.db'));
    books = await booksOf('first', NOW);
  });
  afterAll(async () => {
    for (const store of open) await store.close();
    await rm(folder, { recursive: true });
  });

  function termsOf(name: string, given: Partial<HistoryTerms> = {}): HistoryTerms {
    return {
      config: readConfig({ STORE: 'sqlite', DATABASE_PATH: join(folder, `${name}.db`) }),
      jwtSecrets: ['a-secret-of-the-tests-and-of-nothing-else'],
      operator: { email: 'system@passbook.localhost', password: 'correct horse battery' },
      plan: PLAN,
      until: NOW,
      log: { info: () => {}, warn: () => {}, error: () => {} },
      ...given,
    };
  }

  async function booksOf(name: string, now: number): Promise<Books> {
    const clock = new FixedClock(now);
    const store = await openSqliteStore({ path: join(folder, `${name}.db`), clock });
    open.push(store);
    const transfers: Transfer[] = [];
    const pages = allPages((page) => store.scan.transfersPage(page), {
      idOf: ({ transfer }) => transfer.id,
      limit: 500,
    });
    for await (const page of pages) transfers.push(...page.map(({ transfer }) => transfer));
    return { store, ledger: createLedger({ store, clock }), transfers };
  }

  async function accountsOf({ store }: Books): Promise<readonly Account[]> {
    const accounts: Account[] = [];
    const pages = allPages((page) => store.scan.accountsPage(page), { idOf: ({ id }) => id, limit: 500 });
    for await (const page of pages) accounts.push(...page);
    return accounts;
  }

  /** Accounts with the hash of their whole chain. */
  async function headsOf(of: Books): Promise<readonly string[]> {
    return (await accountsOf(of)).map(({ id, number, head }) => `${id} ${number} ${head}`);
  }

  async function account(key: AccountKey) {
    return books.ledger.findAccount(BANK, externalIdOf(key));
  }

  it('is whole by every check of the ledger', async () => {
    expect((await books.ledger.verifyBooks()).faults).toEqual([]);
    const { currencies } = await books.ledger.getTrialBalance(BANK);
    expect(currencies.map(({ currency }) => currency)).toEqual(['EUR', 'USD']);
  });

  it('has each kind of transfer, and each way in which one ends', () => {
    const seen = new Set(
      books.transfers.map((one) => `${one.kind} ${one.statusAt(NOW)} ${one.code ?? ''}`.trim()),
    );
    expect([...seen].toSorted()).toEqual([
      'initial_funds completed',
      'reversal completed',
      'transfer completed',
      'transfer expired',
      'transfer pending',
      'transfer rejected insufficient_funds',
      'transfer rejected source_account_frozen',
      'transfer voided',
      'withdrawal completed',
    ]);
  });

  it('shows accounts that are frozen, closed, limited and in dollars, and none below its limit', async () => {
    expect((await account('tomasz.wrobel/savings')).status).toBe('frozen');
    expect(await account('idris.okonkwo/holiday')).toMatchObject({ status: 'closed', balance: 0n });
    expect((await account('chiara.bellandi/current')).minimumBalance).toBe(-500_00n);
    expect(await account(`${MARA}/dollars`)).toMatchObject({ currency: 'USD', status: 'active' });
    const customers = (await accountsOf(books)).filter(({ ownerId }) => ownerId !== null);
    expect(customers.filter(({ available, minimumBalance }) => available < (minimumBalance ?? 0n))).toEqual(
      [],
    );
    const { items } = await books.ledger.listAudit(BANK, { limit: 100 });
    expect(items.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['account_frozen', 'account_closed', 'account_limited', 'role_granted']),
    );
  });

  it('gives the main customer a lively month, two holds that wait, and a payment refused today', async () => {
    const main = await account(`${MARA}/current`);
    const from = NOW - 30 * DAY_MS;
    const { items } = await books.ledger.listEntries(BANK, main.accountId, { limit: 200, from });
    expect(items.length).toBeGreaterThan(40);
    expect(main.held).toBeGreaterThanOrEqual(304_00n);
    const waiting = books.transfers.filter(
      (one) => one.status === 'pending' && one.source?.accountId === main.accountId,
    );
    expect(
      waiting.filter((one) => one.statusAt(NOW) === 'pending').map(({ description }) => description),
    ).toEqual(expect.arrayContaining(['2 nights, room reserved', 'Fuel, pump 4']));
    const refused = books.transfers.filter(({ code }) => code === 'insufficient_funds');
    expect(refused.map(({ description, createdAt }) => [description, isoDayOf(createdAt)])).toEqual([
      ['Cargo bike', '2026-11-27'],
    ]);
  });

  it('pays salaries, rents and bills on working days only', () => {
    const orders = books.transfers.filter(({ description }) =>
      /^(?:Salary|Rent|Electricity) /.test(description ?? ''),
    );
    expect(orders.length).toBeGreaterThan(12);
    expect(orders.filter(({ createdAt }) => [0, 6].includes(new Date(createdAt).getUTCDay()))).toEqual([]);
  });

  it('has people with confirmed addresses, payees and a key, and leaves no mail to send', async () => {
    const seen = await books.store.unitOfWork.run(async ({ users, payees, credentials, outbox }) => {
      const mara = await users.byEmail(`${MARA}@people.example`);
      const id = mara?.user.id ?? '';
      return {
        verifiedAt: mara?.user.emailVerifiedAt,
        labels: (await payees.savedOf(id)).map(({ label }) => label),
        keys: (await credentials.ofUser(id, 'api_key')).map(({ content }) => content.name),
        waiting: await outbox.claim({ now: NOW, leaseUntil: NOW + 1, limit: 10 }),
      };
    });
    expect(seen.verifiedAt).toBeGreaterThan(0);
    expect(seen.labels).toEqual(expect.arrayContaining(['Flatmate', 'Rent']));
    expect(seen).toMatchObject({ keys: ['Budget spreadsheet'], waiting: [] });
  });

  it('is the same for a seed and an end, and another for another seed', async () => {
    await makeHistory(termsOf('again'));
    await makeHistory(termsOf('other', { plan: { ...PLAN, seed: 8 } }));
    const first = await headsOf(books);
    expect(await headsOf(await booksOf('again', NOW))).toEqual(first);
    expect(await headsOf(await booksOf('other', NOW))).not.toEqual(first);
  });

  it('continues where an earlier run ended, up to the present and once only', async () => {
    const later = NOW + 10 * DAY_MS;
    await continueHistory(termsOf('kept', { until: later }));
    await continueHistory(termsOf('kept', { until: later }));
    const kept = await booksOf('kept', later);
    expect((await kept.ledger.verifyBooks()).faults).toEqual([]);
    const rents = kept.transfers.filter(({ description }) => description === 'Rent December 2026');
    expect(rents.map(({ createdAt }) => isoDayOf(createdAt))).toEqual(Array(PLAN.people).fill('2026-12-01'));
    expect(kept.transfers.filter(({ description }) => description === 'Cargo bike')).toHaveLength(1);
  });

  it('stops between two moments at its signal', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const made = makeHistory(
      termsOf('stopped', { signal: stop.signal, onProgress: () => stop.abort(reason) }),
    );
    await expect(made).rejects.toBe(reason);
    const stopped = await booksOf('stopped', NOW);
    expect((await stopped.ledger.verifyBooks()).faults).toEqual([]);
    expect(stopped.transfers.length).toBeLessThan(books.transfers.length / 2);
  });
});

function isoDayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
