import { describe, expect, it } from 'vitest';
import { userTransfers } from '../../src/application/transfers/user-transfers.ts';
import { createMemoryStore } from '../../src/adapters/memory/index.ts';
import { createLedger } from '../../src/index.ts';
import type { Viewer } from '../../src/index.ts';
import { SYSTEM } from '../../src/testing/fixtures/bank.ts';
import { aCustomer, freshId } from '../../src/testing/fixtures/builders.ts';

describe('a ledger', () => {
  it('refuses a default currency that ISO 4217 does not have', () => {
    expect(() => createLedger({ store: createMemoryStore(), defaultCurrency: 'eur' })).toThrow(
      new TypeError('"eur" is not a currency of ISO 4217'),
    );
  });

  it('by default is in euros, has no limit of accounts, and sends no messages', async () => {
    const store = createMemoryStore();
    const ledger = createLedger({ store });
    const alice = aCustomer();
    for (let index = 0; index < 60; index++) await ledger.openAccount(alice);
    await ledger.fundAccount(SYSTEM, { userId: alice.id, amount: 5n, idempotencyKey: freshId() });

    const { items } = await ledger.listAccounts(alice, alice.id, { limit: 200 });
    expect(items.map(({ currency }) => currency)).toEqual(items.map(() => 'EUR'));
    expect(items).toHaveLength(60);
    const outbox = { now: Date.now() + 1000, leaseUntil: Date.now() + 2000, limit: 10 };
    expect(await store.unitOfWork.run((stores) => stores.outbox.claim(outbox))).toEqual([]);
  });

  it('shows lists of all customers to the system and auditors alone', async () => {
    const ledger = createLedger({ store: createMemoryStore() });
    const [alice, bob] = [aCustomer(), aCustomer()];
    const auditor = { kind: 'auditor', id: 'ann' } as const;
    const lists = [
      (viewer: Viewer) => ledger.listAccounts(viewer, bob.id),
      (viewer: Viewer) => ledger.listAudit(viewer),
      (viewer: Viewer) => ledger.getTrialBalance(viewer),
      (viewer: Viewer) => ledger.listCheckpoints(viewer),
    ];
    for (const list of lists) await expect(list(alice)).rejects.toMatchObject({ code: 'forbidden' });
    for (const list of lists.slice(0, 3)) {
      await expect(list(SYSTEM)).resolves.toBeDefined();
      await expect(list(auditor)).resolves.toBeDefined();
    }
    await expect(ledger.listAccounts(bob, bob.id)).resolves.toMatchObject({ items: [] });
  });

  it('opens and funds in its default currency if the request names none', async () => {
    const ledger = createLedger({ store: createMemoryStore(), defaultCurrency: 'JPY' });
    const alice = aCustomer();
    expect(await ledger.openAccount(alice)).toMatchObject({ account: { currency: 'JPY', exponent: 0 } });
    expect(
      await ledger.fundAccount(SYSTEM, { userId: alice.id, amount: 5n, idempotencyKey: freshId() }),
    ).toMatchObject({ ok: true, transfer: { currency: 'JPY', exponent: 0 } });
  });

  it('creates ascending ids and distinct salts', async () => {
    const store = createMemoryStore();
    const ledger = createLedger({ store });
    const alice = aCustomer();
    await ledger.openAccount(alice);
    for (let index = 0; index < 20; index++) {
      await ledger.fundAccount(SYSTEM, { userId: alice.id, amount: 1n, idempotencyKey: freshId() });
    }
    const transfers = await userTransfers(store.reads, alice.id, { before: null, limit: 50 });
    const ids = transfers.map(({ id }) => id);
    expect(ids).toEqual(ids.toSorted().toReversed());
    expect(
      ids.every((id) => /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/.test(id)),
    ).toBe(true);
    expect(new Set(transfers.map(({ salt }) => salt)).size).toBe(20);
    expect(transfers.every(({ salt }) => /^[\da-f]{32}$/.test(salt))).toBe(true);
  });

  it('reports each commit before it answers the caller', async () => {
    const events: string[] = [];
    const ledger = createLedger({ store: createMemoryStore(), onCommit: () => events.push('committed') });
    await ledger.openAccount(aCustomer()).then(() => events.push('answered'));
    expect(events).toEqual(['committed', 'answered']);
  });

  it('refuses commands after it is closed, but still reads', async () => {
    const ledger = createLedger({ store: createMemoryStore() });
    const alice = aCustomer();
    const opening = ledger.openAccount(alice);
    await ledger.close();
    expect(await opening).toMatchObject({ ok: true });
    await expect(ledger.openAccount(alice)).rejects.toMatchObject({ code: 'unavailable', retry: 'same_key' });
    expect((await ledger.listAccounts(alice, alice.id)).items).toHaveLength(1);
  });
});
