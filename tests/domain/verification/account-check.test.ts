import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/adapters/shared/sha256.ts';
import { Account } from '../../../src/domain/entities/account.ts';
import type { AccountState } from '../../../src/domain/entities/account.ts';
import { GENESIS_HASH } from '../../../src/domain/entities/genesis-hash.ts';
import { LedgerEntry } from '../../../src/domain/entities/ledger-entry.ts';
import { Transfer } from '../../../src/domain/entities/transfer.ts';
import type { TransferState } from '../../../src/domain/entities/transfer.ts';
import { entryDigest, linkHash, sealTransfer } from '../../../src/domain/integrity/hash-chain.ts';
import type { EntryVersion } from '../../../src/domain/integrity/hash-chain.ts';
import { AccountCheck } from '../../../src/domain/verification/account-check.ts';
import { FaultLog } from '../../../src/domain/verification/faults.ts';
import {
  anAccount,
  freshNumber,
  JANUARY,
  transferFacts,
  UNTOUCHED,
} from '../../../src/testing/fixtures/builders.ts';

type Line = { readonly entry: LedgerEntry; readonly transfer: Transfer };

/** Returns an account that received 100 in each version, the last time with a reference and an external id. */
function someBook(versions: readonly EntryVersion[] = [1, 1, 2, 2]) {
  const opened = anAccount({ ownerId: 'bob' });
  let head = GENESIS_HASH;
  const lines = versions.map((version, index): Line => {
    const isLast = index === versions.length - 1;
    const texts = isLast ? { reference: 'RE 17', externalId: 'order 17' } : {};
    const transfer = transferOf(opened.id, texts);
    const facts = {
      accountId: opened.id,
      sequence: index + 1,
      transferId: transfer.id,
      step: 'completed',
      direction: 'credit',
      posted: 100n,
      pending: 0n,
      after: { ...opened.counters, creditsPosted: BigInt(index + 1) * 100n },
      at: JANUARY,
    } as const;
    const covering = { seal: sealTransfer(transfer, sha256), number: opened.number, digest: sha256, version };
    head = linkHash(head, entryDigest(facts, transfer, covering), sha256);
    return { transfer, entry: LedgerEntry.restore({ ...facts, hash: head }) };
  });
  const { after: counters, sequence } = lines.at(-1)!.entry;
  return { account: Account.restore({ ...opened, counters, sequence, head }), lines };
}

function transferOf(destination: string, texts: Partial<TransferState>): Transfer {
  return Transfer.restore({
    ...transferFacts({ destination }),
    ...UNTOUCHED,
    status: 'completed',
    code: null,
    createdAt: JANUARY,
    completedAt: JANUARY,
    ...texts,
  });
}

/** Returns the faults as kind and sequence. */
function faultsOf({ account, lines }: { account: Account; lines: readonly Line[] }) {
  const faults = new FaultLog();
  const check = new AccountCheck(account, { digest: sha256, faults });
  for (const { entry, transfer } of lines) check.add(entry, transfer);
  check.end();
  return faults.list().map(({ kind, sequence, count }) => [kind, sequence, count]);
}

function withAccount({ account, lines }: ReturnType<typeof someBook>, change: Partial<AccountState>) {
  return { lines, account: Account.restore({ ...account, ...change }) };
}

/** Returns the book with a change of its last transfer. */
function withTransfer({ account, lines }: ReturnType<typeof someBook>, change: Partial<TransferState>) {
  return {
    account,
    lines: lines.map(({ entry, transfer }, index) => ({
      entry,
      transfer: index === lines.length - 1 ? Transfer.restore({ ...transfer, ...change }) : transfer,
    })),
  };
}

describe('the check of an account', () => {
  it.each<[string, readonly EntryVersion[]]>([
    ['of version 2', [2, 2]],
    ['of version 1, then of version 2', [1, 1, 2, 2]],
  ])('finds no fault in entries %s', (_, versions) => {
    expect(faultsOf(someBook(versions))).toEqual([]);
  });

  it('finds another number by the entries of version 2, even if it is valid', () => {
    const number = freshNumber();
    expect(faultsOf(withAccount(someBook([2, 2, 2]), { number }))).toEqual([['entry_hash', 1, 3]]);
    expect(faultsOf(withAccount(someBook(), { number }))).toEqual([['entry_hash', 3, 2]]);
  });

  it.each([
    ['has wrong check digits', { number: 'PB49539007547034' }],
    ['is not in canonical form', { number: 'PB48 5390 0754 7034' }],
    ['is missing', { number: null }],
  ])('finds a number that %s', (_, change) => {
    expect(faultsOf(withAccount(someBook([2]), change))).toContainEqual(['account_number', undefined, 1]);
  });

  it('finds a number of a system account', () => {
    const book = withAccount(someBook([2]), { purpose: 'funding' });
    expect(faultsOf(book)).toContainEqual(['account_number', undefined, 1]);
  });

  it.each<[string, Partial<TransferState>]>([
    ['another reference', { reference: 'RE 18' }],
    ['no reference', { reference: null }],
    ['another external id', { externalId: 'order 18' }],
    ['no external id', { externalId: null }],
    [
      'the digest of another reference that was erased',
      { reference: null, erased: { description: null, metadata: null, reference: 'f'.repeat(64) } },
    ],
  ])('finds %s', (_, change) => {
    expect(faultsOf(withTransfer(someBook(), change))).toEqual([['entry_hash', 4, 1]]);
  });

  it('finds no fault after a reference was erased', () => {
    const book = someBook();
    const { reference } = sealTransfer(book.lines.at(-1)!.transfer, sha256);
    const erased = { description: null, metadata: null, reference };
    expect(faultsOf(withTransfer(book, { reference: null, erased }))).toEqual([]);
  });

  it('finds a reference or an external id that was added to a transfer of version 1', () => {
    const { account, lines } = someBook([1, 1, 2]);
    const old = { account: Account.restore({ ...account, sequence: 2 }), lines: lines.slice(0, 2) };
    for (const change of [{ reference: 'RE 17' }, { externalId: 'order 17' }])
      expect(faultsOf(withTransfer(old, change))).toContainEqual(['entry_hash', 2, 1]);
  });

  it('finds an entry of version 1 over a transfer with a reference', () => {
    expect(faultsOf(someBook([1, 1]))).toEqual([['entry_hash', 2, 1]]);
  });
});
