import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../src/adapters/memory/index.ts';
import { PassbookError } from '../../src/domain/errors.ts';
import { Bank } from '../support/bank.ts';
import { aCustomer, anAccount, FixedClock } from '../support/builders.ts';

async function aBankWith(accounts: number) {
  const bank = new Bank({ store: createMemoryStore(), clock: new FixedClock() });
  const alice = aCustomer();
  const opened = Array.from({ length: accounts }, () => anAccount({ ownerId: alice.id }));
  await bank.seed(...opened);
  return { bank, alice, ids: opened.map(({ id }) => id) };
}

const fault = (field: string, message: string) =>
  new PassbookError('invalid_request', { errors: [{ field, message }] });

describe('the limit of a page', () => {
  it('is 50 unless said', async () => {
    const { bank, alice, ids } = await aBankWith(51);
    const page = await bank.ledger.listAccounts(alice.id);
    expect(page.items.map(({ accountId }) => accountId)).toEqual(ids.slice(0, 50));
    expect(page.nextCursor).toEqual(expect.any(String));
  });

  it.each([1, 200])('can be %i', async (limit) => {
    const { bank, alice } = await aBankWith(201);
    const page = await bank.ledger.listAccounts(alice.id, { limit });
    expect(page.items).toHaveLength(limit);
    expect(page.nextCursor).toEqual(expect.any(String));
  });

  it.each([0, -1, 201, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '5' as never])(
    'cannot be %s',
    async (limit) => {
      const { bank, alice } = await aBankWith(0);
      const expected = fault('limit', 'must be an integer from 1 to 200');
      await expect(bank.ledger.listAccounts(alice.id, { limit })).rejects.toEqual(expected);
      await expect(bank.ledger.listTransfers(alice, { limit })).rejects.toEqual(expected);
    },
  );
});

describe('a cursor', () => {
  it('goes on after the last item of its page, with any limit, and is safe in a query', async () => {
    const { bank, alice, ids } = await aBankWith(5);
    const first = await bank.ledger.listAccounts(alice.id, { limit: 2 });
    const cursor = first.nextCursor!;
    expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);

    const rest = await bank.ledger.listAccounts(alice.id, { limit: 3, cursor });
    expect(rest.items.map(({ accountId }) => accountId)).toEqual(ids.slice(2));
    expect(rest.nextCursor).toBeNull();
  });

  it.each([
    ['an empty text', ''],
    ['no base64', 'ü'],
    ['some other text', btoa('hello')],
    ['a bare id', '019bc0de-0000-7000-8000-000000000001'],
    ['another version', btoa('2 019bc0de-0000-7000-8000-000000000001')],
    ['no id', btoa('1 ')],
    ['more than an id', btoa('1 a b')],
    ['an id with a line feed', btoa('1 a\nb')],
    ['a number', 5 as never],
    ['an array', ['MSBh'] as never],
  ])('cannot be %s', async (_, cursor) => {
    const { bank, alice } = await aBankWith(0);
    const expected = fault('cursor', 'must be the nextCursor of a page before');
    await expect(bank.ledger.listAccounts(alice.id, { cursor })).rejects.toEqual(expected);
    await expect(bank.ledger.listTransfers(alice, { cursor })).rejects.toEqual(expected);
  });
});
