import { beforeEach, describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../src/adapters/memory/index.ts';
import { createLedger } from '../../src/index.ts';
import type { Ledger } from '../../src/index.ts';

const BANK = { kind: 'system' } as const;
const ADA = { kind: 'user', id: 'ada' } as const;

/** The stores with transactions of their own are held to more in tests/adapters/alongside.test.ts. */
describe('a write alongside a command in the memory store', () => {
  let ledger: Ledger<undefined>;
  let accountId: string;
  beforeEach(async () => {
    ledger = createLedger({ store: createMemoryStore() });
    const opened = await ledger.openAccount(ADA);
    if (!opened.ok) throw new TypeError('An account was refused');
    ({ accountId } = opened.account);
  });

  const fund = (key: string, alongside: () => Promise<void> | void) =>
    ledger.fundAccount(BANK, { userId: 'ada', amount: 1n, idempotencyKey: key }, { alongside });
  const balance = async () => (await ledger.getBalance(ADA, accountId)).balance;

  it('runs without a transaction, before its command is stored', async () => {
    const seen: unknown[] = [];
    const funded = await ledger.fundAccount(
      BANK,
      { userId: 'ada', amount: 1n, idempotencyKey: 'one' },
      {
        alongside: async (...terms) => {
          seen.push(...terms, await balance());
        },
      },
    );
    expect(seen).toEqual([undefined, funded, 0n]);
    expect(await balance()).toBe(1n);
  });

  it('prevents its command if it throws', async () => {
    const fault = new Error('cancelled');
    await expect(fund('one', () => Promise.reject(fault))).rejects.toBe(fault);
    expect(await balance()).toBe(0n);
    expect(await fund('one', () => {})).toMatchObject({ ok: true, replayed: false });
  });

  it('rejects each command of a unit with its own error', async () => {
    const all = Array.from({ length: 64 }, (_, index) =>
      fund(`key-${index}`, () => {
        throw new Error(`faulty ${index}`);
      }),
    );
    const done = await Promise.allSettled([...all, fund('sound', () => {})]);
    expect(done.map((one) => (one.status === 'rejected' ? (one.reason as Error).message : 'done'))).toEqual([
      ...all.map((_, index) => `faulty ${index}`),
      'done',
    ]);
    expect(await balance()).toBe(1n);
  });

  it('cannot wait for another command', async () => {
    const nested = fund('outer', async () => {
      await fund('inner', () => {});
    });
    await expect(nested).rejects.toThrow(new TypeError('A unit of work cannot run inside another'));
  });
});
