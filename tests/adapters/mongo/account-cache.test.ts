import { Timestamp } from 'mongodb';
import { describe, expect, it } from 'vitest';
import type { StoredAccount } from '../../../src/adapters/mongo/documents/account-document.ts';
import { AccountCache } from '../../../src/adapters/mongo/writing/account-cache.ts';
import { anAccount } from '../../../src/testing/fixtures/builders.ts';

const at = new Timestamp({ t: 1, i: 1 });

function stored(id: string, sequence: number): StoredAccount {
  return {
    account: anAccount({ id, sequence, ownerId: 'alice', number: 'PB48539007547034' }),
    written: sequence,
  };
}

const sequencesOf = (ledger: AccountCache, ids: readonly string[]) =>
  ids.map((id) => ledger.account(id)?.account.sequence);

function aLedgerAt(unit: bigint, ...accounts: readonly StoredAccount[]): AccountCache {
  const ledger = new AccountCache();
  ledger.load(unit, accounts);
  return ledger;
}

describe('the account cache', () => {
  it('is emptied if the head has moved', () => {
    const ledger = aLedgerAt(5n, stored('a', 1), stored('b', 1));
    ledger.load(5n, [stored('c', 1)]);
    expect(sequencesOf(ledger, ['a', 'b', 'c'])).toEqual([1, 1, 1]);
    ledger.load(7n, [stored('c', 2)]);
    expect(ledger.unit).toBe(7n);
    expect(sequencesOf(ledger, ['a', 'b', 'c'])).toEqual([undefined, undefined, 2]);
  });

  it('returns the changes since it last learned the head', () => {
    const ledger = aLedgerAt(5n, stored('a', 1), stored('b', 1));
    ledger.committed(6n, [stored('a', 2)]);
    ledger.committed(7n, [stored('a', 3), stored('c', 1)]);
    expect(ledger.changedAccounts(at)).toEqual({
      from: 5n,
      unit: 7n,
      at,
      accounts: [stored('a', 3), stored('c', 1)],
    });
  });

  it('returns no changes if it is empty, and if there are too many', () => {
    const ledger = aLedgerAt(5n);
    ledger.committed(
      6n,
      Array.from({ length: 501 }, (_, index) => stored(`account ${index}`, 1)),
    );
    expect(ledger.changedAccounts(at)).toBeNull();
    ledger.committed(7n, [stored('a', 1)]);
    expect(ledger.changedAccounts(at)).toBeNull();
    ledger.apply({ from: 7n, unit: 8n, at, accounts: [] });
    ledger.committed(9n, [stored('a', 2)]);
    expect(ledger.changedAccounts(at)).toEqual({ from: 8n, unit: 9n, at, accounts: [stored('a', 2)] });
    ledger.forget();
    expect(ledger.changedAccounts(at)).toBeNull();
  });

  it("continues with another's changes if they begin at its own head", () => {
    const ledger = aLedgerAt(5n, stored('a', 1), stored('b', 1));
    ledger.committed(6n, [stored('b', 2)]);
    ledger.apply({ from: 6n, unit: 8n, at, accounts: [stored('a', 3)] });
    expect(ledger.unit).toBe(8n);
    expect(sequencesOf(ledger, ['a', 'b'])).toEqual([3, 2]);
    expect(ledger.changedAccounts(at)).toEqual({ from: 8n, unit: 8n, at, accounts: [] });
  });

  it.each([
    [
      'begins later, because a third process wrote in between',
      { from: 7n, unit: 8n, at, accounts: [stored('a', 3)] },
    ],
    ['begins earlier, because it was applied before', { from: 5n, unit: 8n, at, accounts: [stored('a', 3)] }],
  ])("keeps only another's changes if that list %s", (_why, handover) => {
    const ledger = aLedgerAt(6n, stored('a', 1), stored('b', 1));
    ledger.apply(handover);
    expect(ledger.unit).toBe(8n);
    expect(sequencesOf(ledger, ['a', 'b'])).toEqual([3, undefined]);
  });

  it('is emptied if another process does not list its changes', () => {
    const ledger = aLedgerAt(6n, stored('a', 1));
    ledger.apply(null);
    expect(ledger.unit).toBeUndefined();
    expect(sequencesOf(ledger, ['a'])).toEqual([undefined]);
  });
});
