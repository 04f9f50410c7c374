import { expect } from 'vitest';
import { sha256 } from '../../src/adapters/shared/sha256.ts';
import type { LedgerReads } from '../../src/application/ports/ledger-store.ts';
import type { Account } from '../../src/domain/entities/account.ts';
import type { Counters } from '../../src/domain/entities/counters.ts';
import { entryDigest, linkHash, sealTransfer } from '../../src/domain/integrity/hash-chain.ts';
import { GENESIS_HASH } from '../../src/domain/entities/genesis-hash.ts';
import type { LedgerEntry } from '../../src/domain/entities/ledger-entry.ts';

const NO_COUNTERS: Counters = {
  debitsPosted: 0n,
  creditsPosted: 0n,
  debitsPending: 0n,
  creditsPending: 0n,
};

/** Expects sequences from 1 without a gap, ascending instants, running counters, and the account at its last entry. */
export function expectRunningBook(account: Account, entries: readonly LedgerEntry[]): void {
  expect(entries.map(({ sequence }) => sequence)).toEqual(entries.map((_, index) => index + 1));
  expect(entries.map(({ at }) => at)).toEqual(entries.map(({ at }) => at).toSorted((a, b) => a - b));

  let counters = NO_COUNTERS;
  const running = entries.map((entry) => (counters = counted(counters, entry)));
  expect(entries.map(({ after }) => after)).toEqual(running);

  const last = entries.at(-1);
  expect(account).toMatchObject(
    last
      ? { counters: last.after, sequence: last.sequence, latestAt: last.at, head: last.hash }
      : { counters: NO_COUNTERS, sequence: 0, head: GENESIS_HASH },
  );
}

export async function expectWholeChain(
  reads: LedgerReads,
  account: Account,
  entries: readonly LedgerEntry[],
): Promise<void> {
  let head = GENESIS_HASH;
  const hashes: string[] = [];
  for (const entry of entries) {
    const transfer = (await reads.transfer(entry.transferId))!;
    const context = { seal: sealTransfer(transfer, sha256), digest: sha256 };
    head = linkHash(head, entryDigest(entry, transfer, context), sha256);
    hashes.push(head);
  }
  expect(entries.map(({ hash }) => hash)).toEqual(hashes);
  expect(account.head).toBe(head);
}

/** The counters after an entry, computed from its effect on the posted and pending sides. */
export function counted(before: Counters, { direction, step, posted, pending }: LedgerEntry): Counters {
  const reserved = step === 'held' ? pending : -pending;
  return direction === 'debit'
    ? {
        ...before,
        debitsPosted: before.debitsPosted + posted,
        debitsPending: before.debitsPending + reserved,
      }
    : {
        ...before,
        creditsPosted: before.creditsPosted + posted,
        creditsPending: before.creditsPending + reserved,
      };
}

/** Expects each transfer's posted and pending changes to sum to zero, and all entries of a step at one instant. */
export function expectSumsOfZero(entries: readonly LedgerEntry[]): void {
  const sums = new Map<string, { posted: bigint; pending: bigint }>();
  const instants = new Map<string, Set<number>>();
  for (const { transferId, step, direction, posted, pending, at } of entries) {
    const of = sums.get(transferId) ?? { posted: 0n, pending: 0n };
    const sign = direction === 'debit' ? 1n : -1n;
    const reserved = step === 'held' ? pending : -pending;
    sums.set(transferId, { posted: of.posted + sign * posted, pending: of.pending + sign * reserved });
    const key = `${transferId} ${step}`;
    instants.set(key, (instants.get(key) ?? new Set()).add(at));
  }
  expect([...sums].filter(([, { posted, pending }]) => posted !== 0n || pending !== 0n)).toEqual([]);
  expect([...instants].filter(([, { size }]) => size > 1)).toEqual([]);
}
