import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { createMemoryStore } from '../../../src/adapters/memory/index.ts';
import { openSqliteStore } from '../../../src/adapters/sqlite/index.ts';
import type { Store } from '../../../src/application/ports/ledger-store.ts';
import { formatAccountNumber, makeAccountNumber } from '../../../src/domain/entities/account-number.ts';
import { systemAccountId } from '../../../src/domain/entities/account.ts';
import { PAYEES_MAX } from '../../../src/domain/payees/payee.ts';
import { aPayee, FixedClock, freshId } from '../../../src/testing/fixtures/builders.ts';
import { A_TEXT, Edge, idIn, invalid, PASSWORD, problem, refusal } from '../../support/edge.ts';
import type { Answer, Person } from '../../support/edge.ts';
import { memoryFolder } from '../../support/memory-folder.ts';

const folder = await mkdtemp(join(memoryFolder(), 'passbook-payees-'));
const opened: Store[] = [];
let files = 0;

afterEach(() => {
  vi.useRealTimers();
});
afterAll(async () => {
  for (const store of opened) await store.close();
  await rm(folder, { recursive: true });
});

const STORES: readonly (readonly [name: string, open: () => Promise<Store>])[] = [
  ['memory', async () => createMemoryStore({ rehearsals: 1 })],
  ['SQLite', () => openSqliteStore({ path: join(folder, `${files++}.sqlite`), clock: new FixedClock() })],
];

const UNKNOWN = makeAccountNumber('PB', '000000000000');

/** A payer, and a payee with an account. */
async function twoPeople(open: () => Promise<Store>, payeeName = 'Zoë Lovelace') {
  const store = await open();
  opened.push(store);
  const edge = new Edge({ store });
  const [ada, zoe] = [await edge.register('Ada'), await edge.register(payeeName)];
  const [from, to] = [await edge.account(ada, 10_000), await edge.account(zoe)];
  const number = await numberOf(edge, to);
  const check = (body: object, { as = ada, address = '192.0.2.1' } = {}) =>
    edge.call('POST /api/payees/check', { as: as.token, body, address });
  const save = (body: object, as = ada) => edge.call('POST /api/payees', { as: as.token, body });
  const list = (query = '', as = ada) => edge.call(`GET /api/payees${query}`, { as: as.token });
  const pay = (more: object = {}) =>
    edge.send('POST /api/transactions', ada, { fromAccount: from, toAccount: to, amount: 100, ...more });
  return { edge, store, ada, zoe, from, to, number, check, save, list, pay };
}

async function numberOf(edge: Edge, accountId: string): Promise<string> {
  return (await edge.bank.ledger.getAccount({ kind: 'system' }, accountId)).number ?? '';
}

function payeeIn(answer: Answer) {
  return (answer.body as { payee: { id: string; [field: string]: unknown } }).payee;
}

function counterpartyIn(answer: Answer): unknown {
  return (answer.body as { transaction: { counterparty?: unknown } }).transaction.counterparty;
}

/** The first counterparty of the person's transactions, of one transaction, and of the account's entries. */
async function shownTo(edge: Edge, { token }: Person, { accountId, transactionId }: Shown) {
  const [list, one, entries] = [
    await edge.call('GET /api/transactions', { as: token }),
    await edge.call(`GET /api/transactions/${transactionId}`, { as: token }),
    await edge.call(`GET /api/accounts/${accountId}/entries`, { as: token }),
  ];
  const { transactions } = list.body as { transactions: readonly { id: string; counterparty?: unknown }[] };
  const book = entries.body as {
    entries: readonly { transactionId: string; counterparty?: unknown }[];
  };
  return [
    transactions.find(({ id }) => id === transactionId)?.counterparty,
    counterpartyIn(one),
    book.entries.find((entry) => entry.transactionId === transactionId)?.counterparty,
  ];
}

type Shown = { readonly accountId: string; readonly transactionId: string };

const TOO_MANY = problem(429, 'too_many_requests', {
  title: 'Too Many Requests',
  detail: 'Too many requests, slow down',
  retry: 'same_key',
});

describe.for(STORES)('In %s, a check of a payee', ([, open]) => {
  test('answers how the names compare, and shows the name for a close match alone', async () => {
    const { check, number } = await twoPeople(open);
    const results = [
      ['zoe LOVELACE', { result: 'match' }],
      ['Z. Lovelace', { result: 'close_match', name: 'Zoë Lovelace' }],
      ['Zoë', { result: 'no_match' }],
      ['Bob', { result: 'no_match' }],
    ] as const;
    for (const [name, body] of results) {
      expect(await check({ number, name })).toMatchObject({ status: 200, body });
      expect((await check({ number: formatAccountNumber(number), name })).body).toEqual(body);
    }
  });

  test('of a number of nobody, of the bank or of an erased person answers no match', async () => {
    const { edge, store, check, number, zoe } = await twoPeople(open);
    expect((await check({ number, name: 'Zoë Lovelace' })).body).toEqual({ result: 'match' });
    await edge.call('DELETE /api/auth/me', { as: zoe.token, body: { password: PASSWORD } });
    for (const body of [
      { number, name: 'Zoë Lovelace' },
      { number, name: 'Former customer' },
      { number: UNKNOWN, name: 'Ada' },
    ]) {
      expect((await check(body)).body).toEqual({ result: 'no_match' });
    }
    expect((await store.reads.account(systemAccountId('funding', 'EUR')))?.number).toBeNull();
  });

  test('reads and compares as much for an unknown number as for a known one', async () => {
    const { edge, store, ada, number } = await twoPeople(open);
    const count = async (asked: string) => {
      const calls: string[] = [];
      const counted = <T extends object>(of: string, methods: T): T =>
        new Proxy(methods, {
          get: (target, name) => {
            const value: unknown = Reflect.get(target, name);
            if (typeof value !== 'function') return value;
            return (...args: unknown[]) => {
              calls.push(`${of}.${String(name)}`);
              return (value as (...given: unknown[]) => unknown).apply(target, args);
            };
          },
        });
      const { checkPayee } = await import('../../../src/application/payees/check-payee.ts');
      const result = await checkPayee({
        clock: edge.clock,
        ids: { newId: freshId, newSalt: freshId, newDigits: () => '' },
        reads: counted('reads', store.reads),
        unitOfWork: {
          transact: (...terms) => store.unitOfWork.transact(...terms),
          run: (work) =>
            store.unitOfWork.run((stores) =>
              work({
                ...stores,
                users: counted('users', stores.users),
                payees: counted('payees', stores.payees),
              }),
            ),
        },
      })(ada.id, { number: asked, name: 'Somebody Else' });
      expect(result.result).toBe('no_match');
      return calls;
    };
    const known = await count(number);
    expect(known).toContain('users.byId');
    expect(await count(UNKNOWN)).toEqual(known);
  });

  test('does not tell that a person is locked, or an account frozen or closed', async () => {
    const { edge, check, number, zoe, to } = await twoPeople(open);
    const { ledger } = edge.bank;
    await edge.bank.lockUser({ user: { id: zoe.id }, reason: 'lost phone' });
    await ledger.freezeAccount({ kind: 'system' }, { accountId: to, reason: 'asked', credits: true });
    expect((await check({ number, name: 'Zoë Lovelace' })).body).toEqual({ result: 'match' });
    await ledger.unfreezeAccount({ kind: 'system' }, { accountId: to, reason: 'asked' });
    await ledger.closeAccount({ kind: 'system' }, { accountId: to });
    expect((await check({ number, name: 'Zoë Lovelace' })).body).toEqual({ result: 'match' });
  });

  test('compares an own account as any other', async () => {
    const { edge, check, from } = await twoPeople(open);
    const own = await numberOf(edge, from);
    expect((await check({ number: own, name: 'ADA' })).body).toEqual({ result: 'match' });
    expect((await check({ number: own, name: 'Bob' })).body).toEqual({ result: 'no_match' });
  });

  test('names the field of a mistyped number or name', async () => {
    const { check, number } = await twoPeople(open);
    const swapped = number.replace(/(\d)(\d)$/, '$2$1');
    const wrong =
      swapped === number ? number.replace(/\d$/, (digit) => String((Number(digit) + 1) % 10)) : swapped;
    expect(await check({ number: wrong, name: 'Zoë' })).toMatchObject(
      invalid([
        'number',
        'is not an account number: its check digits do not match, so a character is mistyped',
      ]),
    );
    const name = 'must be 1 to 100 printable characters';
    expect(await check({ number, name: ' ' })).toMatchObject(invalid(['name', name]));
    expect(await check({ number, name: 'a\u0007b' })).toMatchObject(invalid(['name', name]));
    expect(await check({ number, name: 'a'.repeat(101) })).toMatchObject(invalid(['name', name]));
  });
});

describe('Checks of payees', () => {
  test('are limited for each person, with the seconds to wait, and saving counts too', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { check, save, number, zoe } = await twoPeople(async () => createMemoryStore());
    for (let count = 0; count < 30; count++) {
      expect((await check({ number: UNKNOWN, name: 'Ada' })).status).toBe(200);
      expect((await save({ number: UNKNOWN })).status).toBe(404);
    }
    vi.advanceTimersByTime(600_000);
    const refused = await check({ number, name: 'Zoë Lovelace' });
    expect(refused).toMatchObject(TOO_MANY);
    expect(refused.headers.get('retry-after')).toBe('3000');
    expect(await save({ number })).toMatchObject(TOO_MANY);
    expect((await check({ number, name: 'Zoë Lovelace' }, { as: zoe })).body).toEqual({ result: 'match' });
    vi.advanceTimersByTime(3_000_000);
    expect((await check({ number, name: 'Zoë Lovelace' })).status).toBe(200);
  });

  test('are limited for each network, by all who ask from it', async () => {
    const { edge, check, number } = await twoPeople(async () => createMemoryStore());
    const people = await Promise.all(Array.from({ length: 11 }, (_, at) => edge.register(`P${at}`)));
    for (const as of people.slice(0, 10)) {
      for (let count = 0; count < 60; count++) await check({ number: UNKNOWN, name: 'Ada' }, { as });
    }
    const as = people[10];
    if (!as) throw new TypeError('There are eleven people');
    expect(await check({ number, name: 'Zoë' }, { as })).toMatchObject(TOO_MANY);
    expect((await check({ number, name: 'Zoë' }, { as, address: '198.51.100.7' })).status).toBe(200);
  });
});

describe.for(STORES)('In %s, a saved payee', ([, open]) => {
  test('has a label, or none, and the name that a check confirmed', async () => {
    const { save, check, number, to, list } = await twoPeople(open);
    const first = await save({ number: formatAccountNumber(number), label: '  Rent 🏠 ' });
    const payee = {
      id: A_TEXT,
      accountId: to,
      number,
      label: 'Rent 🏠',
      confirmedName: null,
      savedAt: A_TEXT,
    };
    expect([first.status, first.body]).toEqual([200, { payee }]);
    await check({ number, name: 'Zoe Lovelace' });
    expect((await list()).body).toEqual({
      payees: [{ ...payee, id: payeeIn(first).id, confirmedName: 'Zoë Lovelace' }],
      nextCursor: null,
    });
  });

  test('is checked if a name is given, and answers the result beside it', async () => {
    const { save, number, edge, ada } = await twoPeople(open);
    const bob = await edge.register('Bob Jones');
    const bobs = await numberOf(edge, await edge.account(bob));
    expect((await save({ number: bobs, name: 'Robert' })).body).toMatchObject({
      payee: { confirmedName: null },
      check: { result: 'no_match' },
    });
    expect((await save({ number, name: 'Z Lovelace', label: 'Zoë' })).body).toMatchObject({
      payee: { confirmedName: 'Zoë Lovelace', label: 'Zoë' },
      check: { result: 'close_match', name: 'Zoë Lovelace' },
    });
    expect((await save({ number: bobs, name: 'Bob Jones' })).body).toMatchObject({
      payee: { confirmedName: 'Bob Jones', label: null },
      check: { result: 'match' },
    });
    expect(ada.name).toBe('Ada');
  });

  test('is one for each number: saving it again answers the one that exists, unchanged', async () => {
    const { save, number, list } = await twoPeople(open);
    const first = await save({ number, label: 'Rent' });
    const again = await save({ number, label: 'Gym' });
    expect([again.status, again.body]).toEqual([200, first.body]);
    const both = await Promise.all([save({ number }), save({ number })]);
    expect(both.map(({ body }) => body)).toEqual([first.body, first.body]);
    expect((await list()).body).toMatchObject({ payees: [{ label: 'Rent' }] });
  });

  test('is refused for an unknown number and for a label out of bounds', async () => {
    const { save, number } = await twoPeople(open);
    expect(await save({ number: UNKNOWN })).toMatchObject(refusal(404, 'destination_account_not_found'));
    for (const label of ['', ' ', 'a'.repeat(61), 'a\nb']) {
      expect(await save({ number, label })).toMatchObject(
        invalid(['label', 'must be 1 to 60 printable characters']),
      );
    }
    expect((await save({ number, label: 'a'.repeat(60) })).status).toBe(200);
  });

  test('is relabelled and forgotten by its user alone', async () => {
    const { edge, ada, zoe, save, check, list, number } = await twoPeople(open);
    const { id } = payeeIn(await save({ number, name: 'Zoë Lovelace', label: 'Rent' }));
    const relabel = (as: Person, label: unknown, of = id) =>
      edge.call(`PATCH /api/payees/${of}`, { as: as.token, body: { label } });
    const forget = (as: Person, of = id) => edge.call(`DELETE /api/payees/${of}`, { as: as.token, body: {} });
    const unknown = refusal(404, 'payee_not_found');

    for (const refused of [
      await relabel(zoe, 'Mine'),
      await relabel(ada, 'Mine', freshId()),
      await forget(zoe),
      await forget(ada, freshId()),
    ]) {
      expect(refused).toMatchObject(unknown);
    }
    expect((await relabel(ada, ' Flat ')).body).toMatchObject({
      payee: { label: 'Flat', confirmedName: 'Zoë Lovelace' },
    });
    expect((await relabel(ada, null)).body).toMatchObject({ payee: { label: null } });
    expect((await relabel(ada, 'a'.repeat(61))).status).toBe(400);

    expect((await forget(ada)).status).toBe(204);
    expect(await forget(ada)).toMatchObject(unknown);
    expect((await list()).body).toEqual({ payees: [], nextCursor: null });
    // Neither the label nor the confirmation is left
    expect((await save({ number })).body).toMatchObject({ payee: { label: null, confirmedName: null } });
    await check({ number, name: 'Bob' });
    expect((await list()).body).toMatchObject({ payees: [{ confirmedName: null }] });
  });

  test('that only remembers a check is neither listed nor changed', async () => {
    const { edge, store, ada, check, list, number, to } = await twoPeople(open);
    await check({ number, name: 'Zoë Lovelace' });
    const kept = await store.unitOfWork.run(({ payees }) => payees.at(ada.id, to));
    expect(kept).toMatchObject({ confirmedName: 'Zoë Lovelace', savedAt: null });
    expect((await list()).body).toEqual({ payees: [], nextCursor: null });
    const route = `/api/payees/${kept?.id}`;
    expect(await edge.call(`PATCH ${route}`, { as: ada.token, body: { label: 'Mine' } })).toMatchObject(
      refusal(404, 'payee_not_found'),
    );
  });

  test('is listed by label without regard to case, or by age, page by page', async () => {
    const { store, ada, list, edge } = await twoPeople(open);
    const labels = ['zoe', 'Åsa', 'Bob 10', 'Bob 2', null, 'bob 2', null, 'a'.repeat(60), '王'];
    await store.unitOfWork.run(async ({ payees }) => {
      for (const label of labels) await payees.keep(aPayee({ userId: ada.id, label }));
      await payees.keep(aPayee({ userId: ada.id, savedAt: null }));
    });
    const pages = async (order: string) => {
      const seen: unknown[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
        const answer = await list(`?limit=2${order}${query}`);
        const body = answer.body as { payees: { label: unknown }[]; nextCursor: string | null };
        seen.push(...body.payees.map(({ label }) => label));
        cursor = body.nextCursor;
      }
      return seen;
    };
    const byLabel = ['a'.repeat(60), 'Åsa', 'bob 2', 'Bob 2', 'Bob 10', 'zoe', '王', null, null];
    expect(await pages('')).toEqual(byLabel);
    expect(await pages('&order=label')).toEqual(byLabel);
    expect(await pages('&order=age')).toEqual(labels);

    const { nextCursor } = (await list('?limit=3')).body as { nextCursor: string };
    expect((await list(`?order=age&cursor=${nextCursor}`)).status).toBe(400);
    expect((await list('?order=size')).status).toBe(400);
    expect((await list('?cursor=x')).status).toBe(400);
    // A cursor goes on after its payee was forgotten
    const third = ((await list('?limit=3')).body as { payees: { id: string }[] }).payees[2];
    await edge.call(`DELETE /api/payees/${third?.id}`, { as: ada.token, body: {} });
    expect((await list(`?limit=1&cursor=${nextCursor}`)).body).toMatchObject({
      payees: [{ label: 'Bob 2' }],
    });
  });

  test('is one of at most a thousand', async () => {
    const { store, ada, save, check, number, list } = await twoPeople(open);
    await store.unitOfWork.run(async ({ payees }) => {
      for (let count = 0; count < PAYEES_MAX; count++) await payees.keep(aPayee({ userId: ada.id }));
    });
    const refused = await save({ number });
    expect(refused).toMatchObject({ status: 400, body: { code: 'payee_limit_reached' } });
    expect(refused.body).toMatchObject({ detail: 'No more payees can be saved: at most 1000' });
    expect((await check({ number, name: 'Zoë Lovelace' })).body).toEqual({ result: 'match' });
    const { payees } = (await list('?limit=1')).body as { payees: { id: string }[] };
    await store.unitOfWork.run((stores) => stores.payees.remove(payees[0]?.id ?? ''));
    expect((await save({ number })).status).toBe(200);
  });
});

describe.for(STORES)('In %s, the payer', ([, open]) => {
  test('sees the number, and the display name once they have paid', async () => {
    const { edge, ada, zoe, from, to, number, pay } = await twoPeople(open);
    const counterparty = { name: 'Zoë Lovelace', account: to, number };
    const paid = await pay();
    const shown = { accountId: from, transactionId: idIn(paid) };
    expect(await shownTo(edge, ada, shown)).toEqual([counterparty, counterparty, counterparty]);
    // The payee learns what they always did
    const payer = { name: 'Ada', account: from.slice(-4) };
    expect(await shownTo(edge, zoe, { ...shown, accountId: to })).toEqual([payer, payer, payer]);
    const held = { accountId: from, transactionId: idIn(await pay({ pending: true })) };
    expect(await shownTo(edge, ada, held)).toEqual([counterparty, counterparty, counterparty]);
  });

  test('sees the label before the confirmed name, and that before the display name', async () => {
    const { edge, ada, zoe, from, number, pay, check, save } = await twoPeople(open);
    const shown = { accountId: from, transactionId: idIn(await pay()) };
    const names = async () => {
      const all = await shownTo(edge, ada, shown);
      return all.map((one) => (one as { name: unknown }).name);
    };
    await check({ number, name: 'Zoë Lovelace' });
    await edge.call('PATCH /api/auth/me', { as: zoe.token, body: { name: 'Zoë King' } });
    expect(await names()).toEqual(['Zoë Lovelace', 'Zoë Lovelace', 'Zoë Lovelace']);
    const { id } = payeeIn(await save({ number, label: 'Rent' }));
    expect(await names()).toEqual(['Rent', 'Rent', 'Rent']);
    await edge.call(`DELETE /api/payees/${id}`, { as: ada.token, body: {} });
    expect(await names()).toEqual(['Zoë King', 'Zoë King', 'Zoë King']);
  });

  test('learns nothing by a rejected transfer or a dry run', async () => {
    const { edge, ada, from, number, pay, check } = await twoPeople(open);
    const dry = await edge.call('POST /api/transactions?dryRun=true', {
      as: ada.token,
      body: { fromAccount: from, toAccount: number, amount: 1, idempotencyKey: 'dry' },
    });
    expect([dry.status, counterpartyIn(dry)]).toEqual([200, undefined]);
    const rejected = await pay({ amount: 1_000_000 });
    const { transactionId } = rejected.body as { transactionId: string };
    const read = () => edge.call(`GET /api/transactions/${transactionId}`, { as: ada.token });
    expect(counterpartyIn(await read())).toBeUndefined();
    await check({ number, name: 'Zoë Lovelace' });
    expect(counterpartyIn(await read())).toMatchObject({ name: 'Zoë Lovelace', number });
  });

  test('sees names by key, of batches and of several legs too', async () => {
    const { edge, ada, zoe, from, to, number } = await twoPeople(open);
    const other = await edge.account(zoe);
    const pair = { fromAccount: from, toAccount: to, amount: 1 };
    const counterparty = { name: 'Zoë Lovelace', account: to, number };
    await edge.send('POST /api/transactions/batch', ada, {
      transfers: [pair, { ...pair, amount: 1_000_000 }, pair],
      idempotencyKey: 'batch',
    });
    const results = [
      { transaction: { counterparty } },
      { transaction: { status: 'rejected' } },
      { transaction: { counterparty } },
    ];
    const byKey = await edge.call('GET /api/transactions/by-key/batch?operation=batch', { as: ada.token });
    expect(byKey.body).toMatchObject({ results });
    await edge.send('POST /api/transactions', ada, {
      legs: [
        { account: from, direction: 'debit', amount: 3 },
        { account: to, direction: 'credit', amount: 1 },
        { account: other, direction: 'credit', amount: 2 },
      ],
      idempotencyKey: 'legs',
    });
    const one = await edge.call('GET /api/transactions/by-key/legs', { as: ada.token });
    expect(counterpartyIn(one)).toEqual({ ...counterparty, more: 1 });
  });

  test('who sends money back sees no more than they did as a payee', async () => {
    const { edge, zoe, from, to, pay } = await twoPeople(open);
    const paid = idIn(await pay());
    const back = await edge.send(`POST /api/transactions/${paid}/reverse`, zoe, {});
    const shown = { name: null, account: from.slice(-4) };
    expect(counterpartyIn(back)).toEqual(shown);
    expect(await shownTo(edge, zoe, { accountId: to, transactionId: idIn(back) })).toEqual([
      shown,
      shown,
      shown,
    ]);
  });

  test('sees their own label alone once the payee is erased', async () => {
    const { edge, store, ada, zoe, from, to, number, pay, check, save } = await twoPeople(open);
    const shown = { accountId: from, transactionId: idIn(await pay()) };
    await check({ number, name: 'Zoë Lovelace' });
    await edge.call('DELETE /api/auth/me', { as: zoe.token, body: { password: PASSWORD } });
    const nameless = { name: null, account: to, number };
    expect(await shownTo(edge, ada, shown)).toEqual([nameless, nameless, nameless]);
    expect(await store.unitOfWork.run(({ payees }) => payees.at(ada.id, to))).toMatchObject({
      confirmedName: null,
    });
    await save({ number, label: 'Rent' });
    const labelled = { ...nameless, name: 'Rent' };
    expect(await shownTo(edge, ada, shown)).toEqual([labelled, labelled, labelled]);
  });

  test('takes their payees along in the export, and erases them with all else', async () => {
    const { edge, store, ada, number, check, save, pay, zoe } = await twoPeople(open);
    const other = await numberOf(edge, await edge.account(zoe));
    await check({ number: other, name: 'Zoë Lovelace' });
    await save({ number, label: 'Rent' });
    await pay();
    const taken = await edge.call('GET /api/auth/me/export', { as: ada.token });
    expect(taken.body).toMatchObject({
      payees: [
        { number: other, confirmedName: 'Zoë Lovelace', savedAt: null },
        { number, label: 'Rent', confirmedName: null, savedAt: A_TEXT },
      ],
    });
    const { transactions } = taken.body as { transactions: { counterparty?: unknown }[] };
    expect(transactions[0]?.counterparty).toMatchObject({ name: 'Rent', number });
    await edge.call('DELETE /api/auth/me', { as: ada.token, body: { password: PASSWORD } });
    const left = store.unitOfWork.run(({ payees }) => payees.page(ada.id, { after: null, limit: 9 }));
    expect(await left).toEqual([]);
  });

  test('costs one read of names for a page', async () => {
    const { edge, store, ada, zoe, from, pay } = await twoPeople(open);
    for (let count = 0; count < 5; count++) {
      const to = await edge.account(zoe);
      await pay({ toAccount: to });
    }
    const reads = vi.spyOn(store.reads, 'accountsOfPayees');
    await edge.call('GET /api/transactions', { as: ada.token });
    await edge.call(`GET /api/accounts/${from}/entries`, { as: ada.token });
    expect(reads).toHaveBeenCalledTimes(2);
    expect(reads.mock.calls[0]?.[1]).toHaveLength(5);
  });
});

describe('An API key', () => {
  test('needs the scope of payees to check and change them, and lists them with that of reading', async () => {
    const { edge, ada, number, save } = await twoPeople(async () => createMemoryStore());
    await save({ number, label: 'Rent' });
    const person = {
      user: await edge.bank.findUser({ id: ada.id }),
      session: (await edge.bank.authenticate(ada.token)).session,
      origin: { address: null, device: null },
    };
    const keyFor = async (scope: 'read' | 'transfer' | 'payees') =>
      (await edge.bank.makeApiKey(person, { name: scope, password: PASSWORD, scopes: [scope] })).secret;
    const statuses = async (as: string) => [
      (await edge.call('GET /api/payees', { as })).status,
      (await edge.call('POST /api/payees/check', { as, body: { number, name: 'Zoë' } })).status,
      (await edge.call('POST /api/payees', { as, body: { number } })).status,
    ];
    expect(await statuses(await keyFor('payees'))).toEqual([200, 200, 200]);
    expect(await statuses(await keyFor('read'))).toEqual([200, 403, 403]);
    expect(await statuses(await keyFor('transfer'))).toEqual([403, 403, 403]);
  });
});
