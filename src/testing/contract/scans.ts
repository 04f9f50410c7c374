import { describe, expect, it } from 'vitest';
import { sha256OfHex } from '../../adapters/system.ts';
import { sha256 } from '../../adapters/shared/sha256.ts';
import { verifyBooks } from '../../application/proofs/verify-books.ts';
import { keyText } from '../../domain/books/idempotency.ts';
import { SYSTEM, transferIdOf } from '../fixtures/bank.ts';
import { aCustomer, freshId } from '../fixtures/builders.ts';
import type { Subject } from './subject.ts';

export function describeScans(subject: () => Subject): void {
  describe('a scan', () => {
    it('returns every account once, by id', async () => {
      const { bank, second } = subject();
      const opened = [
        await bank.open(aCustomer()),
        await bank.open(aCustomer()),
        await bank.open(aCustomer()),
      ];
      const found = await all(
        (page) => second.scan.accountsPage(page),
        ({ id }) => id,
      );
      expectOrder(found.map(({ id }) => id));
      expect(found.filter(({ id }) => opened.includes(id))).toEqual(
        await Promise.all(opened.map((id) => second.reads.account(id))),
      );
    });

    it('returns every transfer once, by id, with all its entries, including rejected ones', async () => {
      const { bank, second } = subject();
      const { alice, bob, from, to } = await between(subject());
      const held = await bank.hold(alice, { from, to, amount: 5n });
      await bank.capture(bob, held, 3n);
      const refused = await bank.pay(alice, { from, to, amount: 9_999_999n });
      const ids = [held, refused.ok ? '' : (refused.transferId ?? '')];

      const found = await all(
        (page) => second.scan.transfersPage(page),
        ({ transfer }) => transfer.id,
      );
      expectOrder(found.map(({ transfer }) => transfer.id));
      const mine = found.filter(({ transfer }) => ids.includes(transfer.id));
      const byId = await second.scan.transfersById([...ids, freshId()]);
      expect(byId.toSorted((a, b) => (a.transfer.id < b.transfer.id ? -1 : 1))).toEqual(mine);
      expect(mine.map(({ transfer }) => transfer)).toEqual(
        await Promise.all(ids.map((id) => second.reads.transfer(id))),
      );
      const written = [...(await bank.entriesOf(from)), ...(await bank.entriesOf(to))];
      const ofHold = written.filter(({ transferId }) => transferId === held);
      expect(ofHold).toHaveLength(4);
      expect(new Set(mine[0]?.entries.map(({ hash }) => hash))).toEqual(
        new Set(ofHold.map(({ hash }) => hash)),
      );
      expect(mine[1]?.entries).toEqual([]);
    });

    it('returns every idempotency record once, by its key', async () => {
      const { bank, second } = subject();
      const { alice, from, to } = await between(subject());
      const keys = ['b', 'a b', 'a', '~', 'B'].map((name) => `${freshId()} ${name}`);
      for (const idempotencyKey of keys) {
        await bank.ledger.transferFunds(alice, {
          sourceAccountId: from,
          destinationAccountId: to,
          amount: 1n,
          idempotencyKey,
        });
      }
      const found = await all((page) => second.scan.recordsPage(page), keyText);
      expectOrder(found.map(keyText));
      const mine = found.filter(({ key }) => keys.includes(key));
      expect(mine).toHaveLength(keys.length);
      for (const record of mine) expect(record).toEqual(await second.reads.record(record));
    });

    it('of one instant does not see concurrent writes', async () => {
      const { bank, second } = subject();
      const { alice, from, to } = await between(subject());
      const before = await second.reads.account(from);
      const frozen = await bank.open(alice);
      const seen = await second.scan.atOnce(async (books) => {
        await bank.pay(alice, { from, to, amount: 7n });
        await bank.ledger.freezeAccount(SYSTEM, { accountId: frozen, reason: 'lost card' });
        const opened = await bank.open(alice);
        const accounts = [];
        for await (const portion of books.accounts()) accounts.push(...portion);
        return { accounts, opened, auditHead: books.auditHead };
      });

      expectOrder(seen.accounts.map(({ id }) => id));
      expect(seen.accounts.find(({ id }) => id === from)).toEqual(before);
      expect(seen.accounts.find(({ id }) => id === frozen)).toMatchObject({ status: 'active' });
      expect(seen.accounts.some(({ id }) => id === seen.opened)).toBe(false);
      const log = await bank.reads.audit({ after: null, limit: 10_000 });
      const last = log.find(({ accountId }) => accountId === frozen);
      expect(seen.auditHead?.sequence ?? 0).toBe((last?.sequence ?? 0) - 1);
    });
  });

  describe('the lines of an account', () => {
    it('are its entries, each with its transfer', async () => {
      const { bank, second } = subject();
      const { alice, from, to } = await between(subject());
      const paid = transferIdOf(await bank.pay(alice, { from, to, amount: 7n }));
      const entries = await bank.entriesOf(from);
      const lines = await second.reads.linesOf(from, { after: null, limit: 10 });
      expect(lines.map(({ entry }) => entry)).toEqual(entries);
      expect(lines[1]?.transfer).toEqual(await second.reads.transfer(paid));
      expect(await second.reads.linesOf(from, { after: 1, limit: 1 })).toEqual(lines.slice(1));
      expect(await second.reads.linesOf(freshId(), { after: null, limit: 1 })).toEqual([]);
    });
  });

  describe('verifying', () => {
    it('finds nothing in books during concurrent writes', async () => {
      const { bank, otherBank, store } = subject();
      const { alice, bob, from, to } = await between(subject());
      // Ignores accounts that other tests altered by hand
      const mine = new Set([from, to]);
      const state = { isOver: false };
      const business = async () => {
        // Bounded: otherwise the books grow for as long as a slow machine reads them
        for (let count = 0; !state.isOver && count < 300; count++) {
          const ledger = count % 2 === 0 ? bank : otherBank;
          const paid = transferIdOf(await ledger.pay(alice, { from, to, amount: 2n }));
          await ledger.reverse(bob, paid, 1n);
          await ledger.pay(bob, { from: to, to: from, amount: 1n });
          await ledger.ledger.limitAccount(SYSTEM, {
            accountId: to,
            minimumBalance: BigInt(-count),
            maximumBalance: null,
            reason: 'busy',
          });
          await ledger.void(bob, await ledger.hold(alice, { from, to, amount: 1n }));
        }
      };
      const busy = business();
      const ports = { reads: store.reads, scan: store.scan, digest: sha256, hexDigest: sha256OfHex };
      const verify = verifyBooks(ports);
      const found = [await verify(), await verify(), await verify()];
      state.isOver = true;
      await busy;

      const faults = found.flatMap((one) => one.faults);
      expect(faults.filter(({ accountId }) => accountId !== undefined && mine.has(accountId))).toEqual([]);
      expect(faults.filter(({ kind }) => KEPT.has(kind))).toEqual([]);
      // A long timeout, because it reads all records of earlier tests
    }, 120_000);
  });
}

/** Kinds of fault that no test of this suite causes by hand. */
export const KEPT: ReadonlySet<string> = new Set([
  'transfer_balance',
  'transfer_entries',
  'transfer_reversed',
  'record_request',
  'audit_sequence',
  'audit_hash',
  'entry_sequence',
  'entry_hash',
  'entry_beyond',
]);

async function between({ bank }: Subject) {
  const [alice, bob] = [aCustomer('Alice'), aCustomer('Bob')];
  const from = await bank.account(alice, { funds: 1_000_000n });
  const to = await bank.open(bob);
  return { alice, bob, from, to };
}

async function all<T>(
  read: (page: { after: string | null; limit: number }) => Promise<readonly T[]>,
  idOf: (one: T) => string,
): Promise<readonly T[]> {
  const found: T[] = [];
  for (;;) {
    const last = found.at(-1);
    const page = await read({ after: last === undefined ? null : idOf(last), limit: 97 });
    if (page.length === 0) return found;
    found.push(...page);
  }
}

function expectOrder(ids: readonly string[]): void {
  expect(ids).toEqual([...new Set(ids)].sort());
}
