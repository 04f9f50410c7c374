import { describe, expect, it } from 'vitest';
import { sha256OfHex } from '../../src/adapters/system.ts';
import { sha256 } from '../../src/adapters/shared/sha256.ts';
import type { Store } from '../../src/application/ports/ledger-store.ts';
import { verifyBooks } from '../../src/application/proofs/verify-books.ts';
import type { TransferRequest } from '../../src/application/transfers/transfer-funds.ts';
import type { VerifyRequest } from '../../src/application/proofs/verify-books.ts';
import { entryDigest, linkHash, sealTransfer } from '../../src/domain/integrity/hash-chain.ts';
import { GENESIS_HASH } from '../../src/domain/entities/genesis-hash.ts';
import { requestTextDigest } from '../../src/domain/books/idempotency.ts';
import type { IdempotencyKey, IdempotencyRecord } from '../../src/domain/books/idempotency.ts';
import { LedgerEntry } from '../../src/domain/entities/ledger-entry.ts';
import type { FaultKind } from '../../src/domain/verification/faults.ts';
import { TestBank, SYSTEM, transferIdOf } from '../../src/testing/fixtures/bank.ts';
import { aCustomer, FixedClock, freshId, freshNumber } from '../../src/testing/fixtures/builders.ts';
import { MemoryCheckpoints } from '../support/checkpoints.ts';
import type { Tamper } from '../support/tamper.ts';

type Opened = {
  readonly store: Store;
  readonly tamper: Tamper;
  /** Remembers all records, and returns a function that puts them back. Without it, each test opens new books. */
  readonly remember?: () => Promise<() => Promise<void>>;
};

/** The first fault of a kind, with its place. */
type Found = { readonly kind: FaultKind; readonly accountId?: string; readonly sequence?: number } & Readonly<
  Record<string, unknown>
>;

type Tampering = readonly [
  name: string,
  tamper: (books: Books) => Promise<void>,
  expected: (books: Books) => readonly Found[],
];

/** Tampers with every place in the books, each time in untouched ones. `open` opens empty books. */
export function tamperingContract(
  name: string,
  open: () => Promise<Opened>,
  /** `isWhole`: whether a tampering yields all its faults and no others. This depends on the data a store derives. */
  {
    isWhole = true,
    impossible = [],
  }: {
    isWhole?: boolean;
    /** Tamperings that the store has no place for, or refuses. */
    impossible?: readonly string[];
  } = {},
): void {
  describe(`tampering with ${name}`, () => {
    let kept: { readonly books: Books; readonly restore: () => Promise<void> } | undefined;
    async function untouched(): Promise<Books> {
      if (kept) {
        await kept.restore();
        return kept.books;
      }
      const opened = await open();
      const books = await someBooks(opened);
      const restore = await opened.remember?.();
      if (restore) kept = { books, restore };
      return books;
    }

    it('is not found in untouched books', async () => {
      const books = await untouched();
      expect(await verify(books)).toEqual([]);
      expect(await verify(books, await books.checkpoint())).toEqual([]);
    });

    it.each(TAMPERINGS.filter(([what]) => impossible.includes(what)))(
      'is impossible: %s',
      async (_, tamper) => {
        const books = await untouched();
        await tamper(books).catch(() => {});
        expect(await verify(books)).toEqual([]);
      },
    );

    it.each(TAMPERINGS.filter(([what]) => !impossible.includes(what)))(
      'is found and named: %s',
      async (_, tamper, expected) => {
        const books = await untouched();
        await tamper(books);
        const found = await verify(books);
        if (isWhole) {
          expect(found).toEqual(expected(books).map((fault) => expect.objectContaining(fault) as unknown));
          return;
        }
        const [first] = expected(books);
        const where = first?.accountId ?? first?.transferId ?? first?.sequence ?? first?.currency;
        const named = found.flatMap((one) => [one.accountId, one.transferId, one.sequence, one.currency]);
        expect({ found, named }).toEqual({ found, named: expect.arrayContaining([where]) as unknown });
      },
    );

    it('is found by a checkpoint alone if the chain of an account was recomputed', async () => {
      const books = await untouched();
      const checkpoint = await books.checkpoint();
      await rewriteDescription(books, 'Loan');

      expect(await verify(books)).toEqual([]);
      const found = await verify(books, checkpoint);
      expect(found).toMatchObject([{ kind: 'checkpoint_head', accountId: books.alice, count: 2 }]);
    });

    it('is found if an account was removed after the checkpoint', async () => {
      const books = await untouched();
      const checkpoint = await books.checkpoint();
      await books.tamper.removeAccount(books.empty);
      expect(await verify(books)).toEqual([]);
      expect(await verify(books, checkpoint)).toMatchObject([
        { kind: 'checkpoint_account', accountId: books.empty, detail: 'it is missing' },
      ]);
    });

    it('is found if an account changed its owner after the checkpoint', async () => {
      const books = await untouched();
      const checkpoint = await books.checkpoint();
      await books.tamper.account(books.empty, { ownerId: 'mallory' });
      expect(await verify(books, checkpoint)).toMatchObject([
        { kind: 'checkpoint_account', accountId: books.empty },
        { kind: 'account_facts', accountId: books.empty },
      ]);
    });

    it('is found if the audit log lost its last record, of an erased text', async () => {
      const books = await untouched();
      const audit = await books.store.reads.audit({ after: null, limit: 100 });
      const last = audit.findLast(({ action }) => action === 'text_erased')!;
      for (const { sequence } of audit.slice(audit.indexOf(last))) await books.tamper.removeAudit(sequence);
      expect(await verify(books)).toMatchObject([{ kind: 'transfer_erased', transferId: books.erased }]);
    });

    it('is found if the end of the audit log was cut off after the checkpoint', async () => {
      const books = await untouched();
      const checkpoint = await books.checkpoint();
      const last = (await books.store.reads.audit({ after: null, limit: 100 })).at(-1)!;
      await books.tamper.removeAudit(last.sequence);
      expect(await verify(books)).toEqual([]);
      expect(await verify(books, checkpoint)).toMatchObject([
        { kind: 'checkpoint_audit', sequence: last.sequence },
      ]);
    });

    it('is found if the manifest is not the signed one', async () => {
      const books = await untouched();
      const { checkpoint, lines } = await books.checkpoint();
      const forged = lines.map((line) => line.replace(' liability active ', ' liability closed '));
      expect(await verify(books, { checkpoint, lines: forged })).toMatchObject([{ kind: 'checkpoint_root' }]);
      expect((await verify(books, { checkpoint, lines: lines.slice(1) }))[0]).toMatchObject({
        kind: 'checkpoint_root',
      });
    });
  });
}

const TAMPERINGS: readonly Tampering[] = [
  [
    'the amount of an entry',
    ({ tamper, alice }) => tamper.entry(alice, 2, { posted: 2_501n }),
    ({ alice, paid }) => [
      { kind: 'entry_hash', accountId: alice, sequence: 2, transferId: paid },
      { kind: 'entry_counters', accountId: alice, sequence: 2 },
      { kind: 'transfer_balance', transferId: paid },
      { kind: 'transfer_entries', accountId: alice, sequence: 2 },
    ],
  ],
  [
    'the amount of a transfer',
    async ({ tamper, paid, store }) => {
      const { legs } = (await store.reads.transfer(paid))!;
      await tamper.transfer(paid, { legs: legs.map((leg) => ({ ...leg, amount: leg.amount + 1n })) });
    },
    ({ alice, paid }) => [
      { kind: 'entry_hash', accountId: alice, sequence: 2, transferId: paid, count: 2 },
      { kind: 'transfer_entries', accountId: alice, sequence: 2, count: 2 },
      { kind: 'record_request', transferId: paid },
    ],
  ],
  [
    'a counter after an entry',
    async ({ tamper, alice, store }) => {
      const [, second] = await store.reads.entriesOf(alice, { after: null, limit: 2 });
      const after = { ...second!.after, creditsPosted: second!.after.creditsPosted + 1n };
      await tamper.entry(alice, 2, { after });
    },
    ({ alice, paid }) => [
      { kind: 'entry_hash', accountId: alice, sequence: 2 },
      { kind: 'entry_counters', accountId: alice, sequence: 2, count: 2 },
      { kind: 'record_outcome', transferId: paid },
    ],
  ],
  [
    'a balance, through a counter of the account',
    async ({ tamper, bob, store }) => {
      const { counters } = (await store.reads.account(bob))!;
      await tamper.account(bob, { counters: { ...counters, creditsPosted: counters.creditsPosted + 100n } });
    },
    ({ bob }) => [
      { kind: 'books_balance', currency: 'EUR' },
      { kind: 'account_counters', accountId: bob },
    ],
  ],
  [
    'the held amount of an account',
    async ({ tamper, alice, store }) => {
      const { counters } = (await store.reads.account(alice))!;
      await tamper.account(alice, { counters: { ...counters, debitsPending: 0n } });
    },
    ({ alice }) => [
      { kind: 'books_balance', currency: 'EUR' },
      { kind: 'account_counters', accountId: alice },
      { kind: 'account_holds', accountId: alice },
    ],
  ],
  [
    'the next expiry of an account',
    ({ tamper, alice }) => tamper.account(alice, { nextExpiryAt: null }),
    ({ alice }) => [{ kind: 'account_holds', accountId: alice }],
  ],
  [
    'the sequence of an account',
    ({ tamper, bob }) => tamper.account(bob, { sequence: 99 }),
    ({ bob }) => [{ kind: 'account_sequence', accountId: bob, sequence: 99 }],
  ],
  [
    'the head of an account',
    ({ tamper, bob }) => tamper.account(bob, { head: 'f'.repeat(64) }),
    ({ bob }) => [{ kind: 'account_head', accountId: bob }],
  ],
  [
    'the latest instant of an account',
    ({ tamper, bob }) => tamper.account(bob, { latestAt: 1 }),
    ({ bob }) => [{ kind: 'account_latest', accountId: bob }],
  ],
  [
    'the owner of an account',
    ({ tamper, bob }) => tamper.account(bob, { ownerId: 'mallory' }),
    ({ bob }) => [
      { kind: 'account_owner', accountId: bob },
      { kind: 'account_facts', accountId: bob },
    ],
  ],
  [
    'the class of an account',
    ({ tamper, empty }) => tamper.account(empty, { class: 'asset' }),
    ({ empty }) => [
      { kind: 'account_class', accountId: empty },
      { kind: 'account_facts', accountId: empty },
    ],
  ],
  [
    'the currency of an account',
    ({ tamper, bob }) => tamper.account(bob, { currency: 'USD' }),
    ({ bob }) => [
      { kind: 'books_balance' },
      { kind: 'entry_transfer', accountId: bob, sequence: 1 },
      { kind: 'account_facts', accountId: bob },
    ],
  ],
  [
    'the number of an account',
    ({ tamper, bob }) => tamper.account(bob, { number: freshNumber() }),
    ({ bob }) => [
      { kind: 'account_number', accountId: bob },
      { kind: 'entry_hash', accountId: bob, sequence: 1 },
      { kind: 'account_facts', accountId: bob },
    ],
  ],
  [
    'the number of an account, to another one’s, with its digest',
    async ({ tamper, store, bob, empty }) => {
      await tamper.account(empty, { number: (await store.reads.account(bob))!.number });
      await tamper.digests();
    },
    ({ empty }) => [{ kind: 'account_number', accountId: empty }],
  ],
  [
    'the external id of an account',
    ({ tamper, empty }) => tamper.account(empty, { externalId: 'another' }),
    ({ empty }) => [
      { kind: 'account_number', accountId: empty },
      { kind: 'account_facts', accountId: empty },
    ],
  ],
  [
    'the external id of an account, to another one’s, with its digest',
    async ({ tamper, store, bob, empty }) => {
      await tamper.account(empty, { externalId: (await store.reads.account(bob))!.externalId });
      await tamper.digests();
    },
    ({ empty }) => [{ kind: 'account_number', accountId: empty }],
  ],
  [
    'the metadata of an account',
    ({ tamper, empty }) => tamper.account(empty, { metadata: { branch: '9' } }),
    ({ empty }) => [{ kind: 'account_facts', accountId: empty }],
  ],
  [
    'changed metadata of an account, with its digest',
    async ({ tamper, bob }) => {
      await tamper.account(bob, { metadata: { tier: 'gold' } });
      await tamper.digests();
    },
    ({ bob }) => [{ kind: 'account_standing', accountId: bob }],
  ],
  [
    'a limit, without an audit record',
    ({ tamper, bob }) => tamper.account(bob, { minimumBalance: -1_000_000n }),
    ({ bob }) => [{ kind: 'account_standing', accountId: bob }],
  ],
  [
    'the status of an account',
    ({ tamper, frozen }) => tamper.account(frozen, { status: 'active' }),
    ({ frozen }) => [{ kind: 'account_standing', accountId: frozen }],
  ],
  [
    'the sequence of an entry',
    ({ tamper, bob }) => tamper.entry(bob, 1, { sequence: 0 }),
    ({ bob }) => [
      { kind: 'entry_sequence', accountId: bob, sequence: 0, count: 2 },
      { kind: 'entry_hash', accountId: bob, sequence: 0 },
    ],
  ],
  [
    'the instant of an entry',
    ({ tamper, alice }) => tamper.entry(alice, 2, { at: 1 }),
    ({ alice }) => [
      { kind: 'entry_hash', accountId: alice, sequence: 2 },
      { kind: 'entry_instant', accountId: alice, sequence: 2 },
      { kind: 'transfer_entries', accountId: alice, sequence: 2 },
    ],
  ],
  [
    'the hash of an entry',
    ({ tamper, alice }) => tamper.entry(alice, 2, { hash: 'f'.repeat(64) }),
    ({ alice }) => [{ kind: 'entry_hash', accountId: alice, sequence: 2, count: 2 }],
  ],
  [
    'a description',
    ({ tamper, paid }) => tamper.transfer(paid, { description: 'Loan' }),
    ({ alice, paid }) => [
      { kind: 'entry_hash', accountId: alice, sequence: 2, transferId: paid, count: 2 },
      { kind: 'record_request', transferId: paid },
    ],
  ],
  [
    'metadata',
    ({ tamper, paid }) => tamper.transfer(paid, { metadata: { order: '18' } }),
    ({ alice, paid }) => [
      { kind: 'entry_hash', accountId: alice, sequence: 2, transferId: paid, count: 2 },
      { kind: 'record_request', transferId: paid },
    ],
  ],
  [
    'a reference',
    ({ tamper, paid }) => tamper.transfer(paid, { reference: 'Invoice 18' }),
    ({ alice, paid }) => [
      { kind: 'entry_hash', accountId: alice, sequence: 2, transferId: paid, count: 2 },
      { kind: 'record_request', transferId: paid },
    ],
  ],
  [
    'a missing reference',
    ({ tamper, paid }) => tamper.transfer(paid, { reference: null }),
    ({ alice, paid }) => [
      { kind: 'entry_hash', accountId: alice, sequence: 2, transferId: paid, count: 2 },
      { kind: 'record_request', transferId: paid },
    ],
  ],
  [
    'the external id of a transfer',
    ({ tamper, paid }) => tamper.transfer(paid, { externalId: 'order-18' }),
    ({ alice, paid }) => [
      { kind: 'entry_hash', accountId: alice, sequence: 2, transferId: paid, count: 2 },
      { kind: 'transfer_facts', transferId: paid },
      { kind: 'record_request', transferId: paid },
    ],
  ],
  [
    'the external id of a transfer, to another one’s, with all hashes and digests',
    async (books) => {
      const { tamper, erased, erasedKey } = books;
      await tamper.transfer(erased, { externalId: 'order-17' });
      await tamper.record(erasedKey, (record) => withField(record, 'externalId', 'order-17'));
      await recomputeHashes(books);
    },
    ({ erased }) => [{ kind: 'transfer_facts', transferId: erased }],
  ],
  [
    'an erased reference, restored',
    ({ tamper, erased }) => tamper.transfer(erased, { reference: 'Never said' }),
    ({ alice, erased }) => [
      { kind: 'entry_hash', accountId: alice, transferId: erased, count: 2 },
      { kind: 'transfer_state', transferId: erased },
    ],
  ],
  [
    'an erased text, restored',
    ({ tamper, erased }) => tamper.transfer(erased, { description: 'Never said' }),
    ({ alice, erased }) => [
      { kind: 'entry_hash', accountId: alice, transferId: erased, count: 2 },
      { kind: 'transfer_state', transferId: erased },
    ],
  ],
  [
    'the digest of an erased text',
    ({ tamper, erased }) =>
      tamper.transfer(erased, { erased: { description: 'f'.repeat(64), metadata: null, reference: null } }),
    ({ alice, erased }) => [
      { kind: 'entry_hash', accountId: alice, transferId: erased, count: 2 },
      { kind: 'transfer_erased', transferId: erased },
    ],
  ],
  [
    'the initiator of a transfer',
    ({ tamper, paid }) => tamper.transfer(paid, { initiator: { kind: 'system', id: null } }),
    ({ alice }) => [{ kind: 'entry_hash', accountId: alice, sequence: 2, count: 2 }],
  ],
  [
    'the status of a hold',
    ({ tamper, held }) => tamper.transfer(held, { status: 'voided' }),
    ({ held }) => [
      { kind: 'transfer_entries', transferId: held, count: 2 },
      { kind: 'hold_listing', transferId: held, count: 2 },
    ],
  ],
  [
    'the captured amount of a hold',
    ({ tamper, captured }) => tamper.transfer(captured, { amountCaptured: 300n }),
    ({ captured }) => [
      { kind: 'transfer_entries', transferId: captured, count: 2 },
      { kind: 'record_outcome', transferId: captured },
    ],
  ],
  [
    'the reversed amount of a transfer',
    ({ tamper, paid }) => tamper.transfer(paid, { reversed: [0n, 0n] }),
    ({ paid }) => [
      { kind: 'transfer_state', transferId: paid },
      { kind: 'transfer_reversed', transferId: paid, count: 2 },
    ],
  ],
  [
    'a rejected transfer, changed to completed',
    ({ tamper, rejected }) => tamper.transfer(rejected, { status: 'completed', code: null }),
    ({ rejected }) => [
      { kind: 'transfer_state', transferId: rejected },
      { kind: 'transfer_entries', transferId: rejected, count: 2 },
      { kind: 'record_outcome', transferId: rejected },
      { kind: 'transfer_facts', transferId: rejected },
      { kind: 'transfer_listing', transferId: rejected },
    ],
  ],
  [
    'a missing entry',
    ({ tamper, alice }) => tamper.removeEntry(alice, 2),
    ({ alice, paid }) => [
      { kind: 'entry_sequence', accountId: alice, sequence: 3 },
      { kind: 'entry_hash', accountId: alice, sequence: 3 },
      { kind: 'entry_counters', accountId: alice, sequence: 3 },
      { kind: 'transfer_balance', transferId: paid },
      { kind: 'transfer_entries', accountId: alice, transferId: paid },
      { kind: 'record_outcome', transferId: paid },
    ],
  ],
  [
    'a swapped pair',
    async ({ tamper, bob }) => {
      await tamper.entry(bob, 1, { sequence: 1_000 });
      await tamper.entry(bob, 2, { sequence: 1 });
      await tamper.entry(bob, 1_000, { sequence: 2 });
    },
    ({ bob }) => [
      { kind: 'entry_hash', accountId: bob, sequence: 1, count: 3 },
      { kind: 'entry_counters', accountId: bob, sequence: 1, count: 3 },
    ],
  ],
  [
    'an extra entry after the last',
    async ({ tamper, bob, store }) => {
      const entries = await store.reads.entriesOf(bob, { after: null, limit: 100 });
      const last = entries.at(-1)!;
      await tamper.addEntry(LedgerEntry.restore({ ...last, sequence: last.sequence + 1 }));
    },
    ({ bob }) => [
      { kind: 'entry_beyond', accountId: bob },
      { kind: 'transfer_balance' },
      { kind: 'transfer_entries', accountId: bob },
    ],
  ],
  [
    'an extra entry in between',
    async ({ tamper, bob, store }) => {
      const [first] = await store.reads.entriesOf(bob, { after: null, limit: 1 });
      await tamper.addEntry(LedgerEntry.restore(first!));
    },
    ({ bob }) => [
      { kind: 'entry_sequence', accountId: bob, sequence: 1 },
      { kind: 'entry_hash', accountId: bob, sequence: 1 },
      { kind: 'entry_counters', accountId: bob, sequence: 1, count: 2 },
      { kind: 'transfer_balance' },
      { kind: 'transfer_entries', accountId: bob },
    ],
  ],
  [
    'the requested amount in an idempotency record',
    ({ tamper, key }) => tamper.record(key, (record) => withField(record, 'amount', '9999')),
    ({ paid }) => [
      { kind: 'record_request', transferId: paid, detail: 'amount: 9999 in place of 2500' },
      { kind: 'record_facts' },
    ],
  ],
  [
    'the requested account in an idempotency record',
    ({ tamper, key, empty }) =>
      tamper.record(key, (record) => withField(record, 'destinationAccountId', empty)),
    ({ paid }) => [{ kind: 'record_request', transferId: paid }, { kind: 'record_facts' }],
  ],
  [
    'an answered balance in an idempotency record',
    ({ tamper, key }) =>
      tamper.record(key, (record) => {
        if (record.outcome.kind !== 'transferred') throw new TypeError(record.outcome.kind);
        const balances = record.outcome.balances.map((one) => ({ ...one, balance: one.balance + 1n }));
        return { ...record, outcome: { ...record.outcome, balances } };
      }),
    ({ paid }) => [{ kind: 'record_outcome', transferId: paid }, { kind: 'record_facts' }],
  ],
  [
    'an idempotency record, changed from success to refusal',
    ({ tamper, key }) =>
      tamper.record(key, (record) => {
        if (record.outcome.kind !== 'transferred') throw new TypeError(record.outcome.kind);
        const { transfer } = record.outcome;
        return { ...record, outcome: { kind: 'refused', code: 'insufficient_funds', transfer } };
      }),
    ({ paid }) => [{ kind: 'record_outcome', transferId: paid }, { kind: 'record_facts' }],
  ],
  [
    'the reason in the audit log',
    ({ tamper }) => tamper.audit(1, { reason: 'none' }),
    () => [{ kind: 'audit_hash', sequence: 1 }],
  ],
  [
    'a missing record of the audit log',
    ({ tamper }) => tamper.removeAudit(1),
    ({ frozen }) => [
      { kind: 'audit_sequence', sequence: 2 },
      { kind: 'audit_hash', sequence: 2 },
      { kind: 'account_standing', accountId: frozen },
    ],
  ],
];

type Books = Opened & {
  readonly alice: string;
  readonly bob: string;
  readonly empty: string;
  readonly frozen: string;
  readonly paid: string;
  readonly key: IdempotencyKey;
  readonly erasedKey: IdempotencyKey;
  readonly held: string;
  readonly captured: string;
  readonly rejected: string;
  readonly erased: string;
  readonly checkpoint: () => Promise<Manifested>;
};

type Manifested = Pick<NonNullable<VerifyRequest['checkpoint']>, 'checkpoint'> & {
  readonly lines: readonly string[];
};

/** Makes books with a record of every kind. */
async function someBooks({ store, tamper }: Opened): Promise<Books> {
  const clock = new FixedClock();
  const checkpoints = new MemoryCheckpoints();
  const bank = new TestBank({ store, clock, checkpoints: checkpoints.ports });
  const [owner, payee] = [aCustomer('Alice'), aCustomer('Bob')];
  const alice = await bank.account(owner, { funds: 10_000n });
  const bob = await bank.open(payee, { externalId: 'customer-7', metadata: { tier: 'silver' } });
  const empty = await bank.open(payee, { externalId: 'customer-8', metadata: { branch: '12' } });
  const frozen = await bank.open(payee);
  const pay = async (amount: bigint, more: Partial<TransferRequest>) => {
    clock.advance(1_000);
    const idempotencyKey = freshId();
    const request = { sourceAccountId: alice, destinationAccountId: bob, amount, idempotencyKey, ...more };
    return { result: await bank.ledger.transferFunds(owner, request), idempotencyKey };
  };
  const first = await pay(2_500n, {
    description: 'Rent',
    reference: 'Invoice 17',
    externalId: 'order-17',
    metadata: { order: '17' },
  });
  const paid = transferIdOf(first.result);
  await bank.reverse(payee, paid, 500n);
  const captured = await bank.hold(owner, { from: alice, to: bob, amount: 700n });
  clock.advance(1_000);
  await bank.capture(payee, captured, 400n);
  await bank.void(payee, await bank.hold(owner, { from: alice, to: bob, amount: 50n }));
  const held = await bank.hold(owner, { from: alice, to: bob, amount: 300n, description: 'Deposit' });
  const refused = (await pay(99_999n, {})).result;
  if (refused.ok || refused.transferId === null) throw new TypeError('It was not refused');
  const second = await pay(10n, {
    description: 'A secret',
    reference: 'Invoice 19',
    externalId: 'order-19',
  });
  const erased = transferIdOf(second.result);
  await bank.ledger.freezeAccount(SYSTEM, {
    accountId: frozen,
    reason: 'lost card',
    idempotencyKey: freshId(),
  });
  await bank.ledger.setAccountMetadata(payee, { accountId: bob, metadata: { tier: 'basic' } });
  await bank.ledger.eraseText(SYSTEM, { transferId: erased, reason: 'on demand' });
  // Changes nothing, because the account is already frozen
  await bank.ledger.freezeAccount(SYSTEM, {
    accountId: frozen,
    reason: 'again',
    idempotencyKey: freshId(),
  });
  await bank.ledger.submitBatch(owner, {
    transfers: [1n, 2n].map((amount) => ({ sourceAccountId: alice, destinationAccountId: bob, amount })),
    idempotencyKey: freshId(),
  });
  return {
    store,
    tamper,
    alice,
    bob,
    empty,
    frozen,
    paid,
    key: { scope: `user:${owner.id}`, operation: 'transfer', key: first.idempotencyKey },
    erasedKey: { scope: `user:${owner.id}`, operation: 'transfer', key: second.idempotencyKey },
    held,
    captured,
    rejected: refused.transferId,
    erased,
    checkpoint: async () => {
      const { number, signed: _signed, digest: _digest, ...rest } = await bank.ledger.makeCheckpoint();
      return { checkpoint: { number, ...rest }, lines: checkpoints.linesOf(number) };
    },
  };
}

async function verify({ store }: Books, given?: Manifested) {
  const request = given && {
    checkpoint: { checkpoint: given.checkpoint, manifest: lineByLine(given.lines) },
  };
  const ports = { reads: store.reads, scan: store.scan, digest: sha256, hexDigest: sha256OfHex };
  return (await verifyBooks(ports)(request)).faults;
}

async function* lineByLine(lines: readonly string[]): AsyncIterable<string> {
  yield* lines;
}

/** Rewrites a description as an attacker who knows every format would, so that all records agree. */
async function rewriteDescription(books: Books, description: string) {
  const { tamper, paid, key } = books;
  await tamper.transfer(paid, { description });
  await tamper.record(key, (record) =>
    withField(record, 'description', requestTextDigest(key, description, sha256)),
  );
  await recomputeHashes(books);
}

async function recomputeHashes({ store, tamper, alice, bob }: Books) {
  for (const accountId of [alice, bob]) {
    let head = GENESIS_HASH;
    const { number } = (await store.reads.account(accountId))!;
    for (const { entry, transfer } of await store.reads.linesOf(accountId, { after: null, limit: 100 })) {
      const seal = sealTransfer(transfer, sha256);
      head = linkHash(head, entryDigest(entry, transfer, { seal, number, digest: sha256 }), sha256);
      await tamper.entry(accountId, entry.sequence, { hash: head });
    }
    await tamper.account(accountId, { head });
  }
  await tamper.digests();
}

function withField(record: IdempotencyRecord, field: string, value: string): IdempotencyRecord {
  const fields = record.request.fields.map((one) => (one[0] === field ? ([field, value] as const) : one));
  return { ...record, request: { ...record.request, fields } };
}
