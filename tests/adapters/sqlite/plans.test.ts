import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Connection } from '../../../src/adapters/sqlite/connection/connection.ts';
import { loadDriver } from '../../../src/adapters/sqlite/connection/driver.ts';
import type { PreparedStatement } from '../../../src/adapters/sqlite/connection/driver.ts';
import { openWith } from '../../../src/adapters/sqlite/sqlite-store.ts';
import { TestBank, SYSTEM } from '../../../src/testing/fixtures/bank.ts';
import { aCustomer, FixedClock, freshId } from '../../../src/testing/fixtures/builders.ts';

/** What waits to be sent, and what was given up, is little; of the audit log it is the last row that is looked for. */
const LITTLE = ['parcels', 'schema_migrations', 'sqlite_schema', 'audit_log'];

/** Of two lists of a page each. */
const SORTED = /UNION ALL/;

describe('every query of the store', () => {
  const statements = new Set<string>();
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'passbook-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('uses an index', async () => {
    const driver = await loadDriver();
    class Watched extends driver.DatabaseSync {
      override prepare(sql: string): PreparedStatement {
        statements.add(sql);
        return super.prepare(sql);
      }
    }
    const path = join(folder, 'bank.db');
    const clock = new FixedClock();
    const store = await openWith({ ...driver, DatabaseSync: Watched }, { path, clock });
    const bank = new TestBank({ store, clock });
    const [alice, bob] = [aCustomer(), aCustomer()];
    const from = await bank.account(alice, { funds: 100n });
    const to = await bank.open(bob);
    const held = await bank.hold(alice, { from, to, amount: 5n });
    await bank.capture(bob, held, 4n);
    await bank.pay(alice, { from, to, amount: 1n });
    await bank.ledger.fundAccount(SYSTEM, { userId: alice.id, amount: 1n, idempotencyKey: freshId() });
    await bank.ledger.freezeAccount(SYSTEM, { accountId: to, reason: 'lost', idempotencyKey: freshId() });
    await bank.takeMessages();
    await store.outbox?.countGivenUp(5);
    await store.outbox?.unsent({ state: 'given_up', after: null, limit: 5 });
    await store.outbox?.unsentAbout(freshId());
    await store.unitOfWork.run(async ({ sessions, mailHours }) => {
      await sessions.deleteOver({ until: clock.now(), limit: 5 });
      await mailHours.find([alice.id]);
      await mailHours.takeEnded({ now: clock.now(), limit: 5 });
    });
    await bank.ledger.listEntries(alice, from, { counterparty: to });
    await bank.ledger.listTransfers(alice, {});
    await bank.ledger.getBalance(alice, from, { at: clock.now() });
    await store.reads.pendingHolds(from, { after: null, limit: 10 });
    await store.reads.holdsPlaced(from, { before: { at: clock.now(), id: '' }, limit: 10 });
    await bank.hold(alice, { from, to, amount: 1n, expiresInSeconds: 1 });
    clock.advance(1000);
    await bank.sweep();
    await bank.ledger.listAudit(SYSTEM);
    await bank.ledger.getTrialBalance(SYSTEM);
    expect((await bank.ledger.verifyBooks()).faults).toEqual([]);
    await store.close();

    const connection = new Connection(driver, path, { readOnly: true });
    const plans = [...statements]
      .filter((sql) => /^\s*(SELECT|UPDATE|DELETE)/.test(sql))
      .flatMap((sql) =>
        (connection.all(`EXPLAIN QUERY PLAN ${sql}`) as { detail: string }[]).map(({ detail }) => ({
          sql,
          detail,
        })),
      );
    connection.close();
    expect(plans.length).toBeGreaterThan(30);
    const scans = plans.filter(
      ({ detail }) => /^SCAN \w+$/.test(detail) && !LITTLE.some((name) => detail.endsWith(` ${name}`)),
    );
    expect(scans).toEqual([]);
    expect(plans.filter(({ sql, detail }) => detail.includes('TEMP B-TREE') && !SORTED.test(sql))).toEqual(
      [],
    );
  });
});
