import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../src/adapters/memory/index.ts';
import { PassbookError } from '../../src/domain/errors.ts';
import type { HistoryFilter, Page, ListRequest } from '../../src/index.ts';
import { TestBank, SYSTEM } from '../../src/testing/fixtures/bank.ts';
import { MemoryCheckpoints } from '../support/checkpoints.ts';
import { aCustomer, anAccount, FixedClock } from '../../src/testing/fixtures/builders.ts';

async function aBankWith(accounts: number) {
  const bank = new TestBank({ store: createMemoryStore(), clock: new FixedClock() });
  const alice = aCustomer();
  const opened = Array.from({ length: accounts }, () => anAccount({ ownerId: alice.id }));
  await bank.seed(...opened);
  return { bank, alice, ids: opened.map(({ id }) => id) };
}

const fault = (field: string, message: string) =>
  new PassbookError('invalid_request', { errors: [{ field, message }] });

const OTHER_LIST = fault('cursor', 'is of another list or filter: leave it out to begin a list');

describe('the limit of a page', () => {
  it('defaults to 50', async () => {
    const { bank, alice, ids } = await aBankWith(51);
    const page = await bank.ledger.listAccounts(alice, alice.id);
    expect(page.items.map(({ accountId }) => accountId)).toEqual(ids.slice(0, 50));
    expect(page.nextCursor).toEqual(expect.any(String));
  });

  it.each([1, 200])('can be %i', async (limit) => {
    const { bank, alice } = await aBankWith(201);
    const page = await bank.ledger.listAccounts(alice, alice.id, { limit });
    expect(page.items).toHaveLength(limit);
    expect(page.nextCursor).toEqual(expect.any(String));
  });

  it.each([0, -1, 201, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '5' as never])(
    'cannot be %s',
    async (limit) => {
      const { bank, alice } = await aBankWith(0);
      const expected = fault('limit', 'must be an integer from 1 to 200');
      await expect(bank.ledger.listAccounts(alice, alice.id, { limit })).rejects.toEqual(expected);
      await expect(bank.ledger.listTransfers(alice, { limit })).rejects.toEqual(expected);
    },
  );
});

describe('a cursor', () => {
  it('continues after the last item of its page, with any limit, and is safe in a query', async () => {
    const { bank, alice, ids } = await aBankWith(5);
    const first = await bank.ledger.listAccounts(alice, alice.id, { limit: 2 });
    const cursor = first.nextCursor!;
    expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);

    const rest = await bank.ledger.listAccounts(alice, alice.id, { limit: 3, cursor });
    expect(rest.items.map(({ accountId }) => accountId)).toEqual(ids.slice(2));
    expect(rest.nextCursor).toBeNull();
  });

  it.each([
    ['an empty text', ''],
    ['no base64', 'ü'],
    ['some other text', btoa('hello')],
    ['a bare id', '019bc0de-0000-7000-8000-000000000001'],
    ['another version', btoa('1 019bc0de-0000-7000-8000-000000000001')],
    ['no id', btoa('2 0123456789abcdef ')],
    ['more than an id', btoa('2 0123456789abcdef a b')],
    ['an id with a line feed', btoa('2 0123456789abcdef a\nb')],
    ['a number', 5 as never],
    ['an array', ['MSBh'] as never],
  ])('cannot be %s', async (_, cursor) => {
    const { bank, alice } = await aBankWith(0);
    const expected = fault('cursor', 'must be the nextCursor of a page before');
    await expect(bank.ledger.listAccounts(alice, alice.id, { cursor })).rejects.toEqual(expected);
    await expect(bank.ledger.listTransfers(alice, { cursor })).rejects.toEqual(expected);
  });
});

describe('a cursor of one list', () => {
  type Read = (request: ListRequest) => Promise<Page<unknown>>;

  /** Lists that differ in the list, its owner or its filter, each with more than one page. */
  async function lists(): Promise<ReadonlyMap<string, Read>> {
    const clock = new FixedClock();
    const bank = new TestBank({
      store: createMemoryStore(),
      clock,
      checkpoints: new MemoryCheckpoints().ports,
    });
    const [alice, bob] = [aCustomer(), aCustomer()];
    const accounts: string[] = [];
    for (const owner of [alice, alice, bob, bob]) accounts.push(await bank.account(owner, { funds: 100n }));
    const [from = '', other = '', to = ''] = accounts;
    for (let n = 0; n < 3; n++) {
      const metadata = { a: '1', b: '2' };
      for (const source of [from, other]) await bank.pay(alice, { from: source, to, amount: 1n, metadata });
      await bank.ledger.freezeAccount(SYSTEM, { accountId: from, reason: 'x' });
      await bank.ledger.unfreezeAccount(SYSTEM, { accountId: from, reason: 'x' });
      await bank.ledger.makeCheckpoint();
    }
    const now = clock.now();
    const { ledger } = bank;
    const filters: Readonly<Record<string, HistoryFilter>> = {
      from: { from: now - 1 },
      'another from': { from: now - 2 },
      to: { to: now + 1 },
      direction: { direction: 'debit' },
      counterparty: { counterparty: to },
      minAmount: { minAmount: 1n },
      maxAmount: { maxAmount: 1n },
      status: { status: 'completed' },
      kind: { kind: 'transfer' },
      metadata: { metadata: { a: '1' } },
      'more metadata': { metadata: { a: '1', b: '2' } },
    };
    const filtered = Object.entries(filters).flatMap(([name, filter]): [string, Read][] => [
      [`entries by ${name}`, (page) => ledger.listEntries(alice, from, { ...filter, ...page })],
      [`transactions by ${name}`, (page) => ledger.listTransfers(alice, { ...filter, ...page })],
    ]);
    return new Map<string, Read>([
      ["Alice's accounts", (page) => ledger.listAccounts(alice, alice.id, page)],
      ["Bob's accounts", (page) => ledger.listAccounts(bob, bob.id, page)],
      ["Alice's transactions", (page) => ledger.listTransfers(alice, page)],
      ["Bob's transactions", (page) => ledger.listTransfers(bob, page)],
      ['entries', (page) => ledger.listEntries(alice, from, page)],
      ['entries of another account', (page) => ledger.listEntries(alice, other, page)],
      ['the audit log', (page) => ledger.listAudit(SYSTEM, page)],
      ['checkpoints', (page) => ledger.listCheckpoints(SYSTEM, page)],
      ...filtered,
    ]);
  }

  it('is refused by every other list, and by the same list with another filter', async () => {
    const all = await lists();
    const taken: string[] = [];
    for (const [name, read] of all) {
      const { nextCursor: cursor } = await read({ limit: 1 });
      expect([name, cursor]).toEqual([name, expect.any(String)]);
      for (const [other, readOther] of all) {
        const page = await readOther({ limit: 2, cursor: cursor! }).catch((error: unknown) => error);
        if (page instanceof PassbookError) expect(page).toEqual(OTHER_LIST);
        else taken.push(`${name}: ${other}`);
      }
    }
    expect(taken).toEqual([...all.keys()].map((name) => `${name}: ${name}`));
  });

  it('is accepted by the same list with an equivalent filter', async () => {
    const { bank, alice } = await aBankWith(0);
    const from = await bank.account(alice, { funds: 10n });
    const metadata = { b: '2', a: '1' };
    for (let n = 0; n < 3; n++) {
      await bank.pay(alice, { from, to: await bank.account(aCustomer()), amount: 1n, metadata });
    }
    const first = await bank.ledger.listTransfers(alice, { limit: 1, metadata });
    const rest = { limit: 2, cursor: first.nextCursor!, metadata: { a: '1', b: '2' } };
    expect((await bank.ledger.listTransfers(alice, rest)).items).toHaveLength(2);

    const plain = await bank.ledger.listTransfers(alice, { limit: 1 });
    const empty = { limit: 2, cursor: plain.nextCursor!, metadata: {} };
    expect((await bank.ledger.listTransfers(alice, empty)).items).toHaveLength(2);
  });
});
