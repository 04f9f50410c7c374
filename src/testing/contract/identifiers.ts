import { describe, expect, it } from 'vitest';
import type { Store } from '../../application/ports/ledger-store.ts';
import { sha256 } from '../../adapters/shared/sha256.ts';
import {
  BODY_DIGITS,
  formatAccountNumber,
  isAccountNumber,
  makeAccountNumber,
} from '../../domain/entities/account-number.ts';
import { identifierText } from '../../domain/books/prefetch.ts';
import type { Identifier } from '../../domain/books/prefetch.ts';
import { metadataDigest } from '../../domain/integrity/audit-log.ts';
import { codeOf, SYSTEM, TestBank, transferIdOf } from '../fixtures/bank.ts';
import { aCustomer, freshId, ids } from '../fixtures/builders.ts';
import type { FixedClock } from '../fixtures/builders.ts';
import type { Subject } from './subject.ts';

const OPERATOR = { kind: 'system', id: 'operator' } as const;

export function describeIdentifiers(subject: () => Subject): void {
  describe('account numbers', () => {
    it('are drawn at opening, and lead to the account', async () => {
      const { bank, second } = subject();
      const alice = aCustomer();
      const accounts = await Promise.all([1, 2, 3].map(() => bank.ledger.openAccount(alice)));
      const numbers = accounts.map((opened) => (opened.ok ? opened.account.number : null) ?? '');
      expect(new Set(numbers).size).toBe(3);
      expect(numbers.filter((number) => !isAccountNumber(number))).toEqual([]);

      const found = await second.reads.identify([...numbers, 'PB00000000000000'].map(asNumber));
      const expected = accounts.map((opened, index) => [
        identifierText(asNumber(numbers[index] ?? '')),
        opened.ok ? opened.account.accountId : '',
      ]);
      expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
      const written = formatAccountNumber(numbers[0] ?? '').toLowerCase();
      expect(await bank.ledger.getAccount(alice, written)).toMatchObject({ number: numbers[0] });
    });

    it('are drawn again while another account has them', async () => {
      const { store, second, clock } = subject();
      const [one, other] = [freshBody(), freshBody()];
      const first = bankThatDraws([one], { store, clock });
      const later = bankThatDraws([one, one, other], { store: second, clock });
      expect(await numberOf(first)).toBe(makeAccountNumber('PB', one));
      expect(await numberOf(later)).toBe(makeAccountNumber('PB', other));
      await Promise.all([first.ledger.close(), later.ledger.close()]);
    });

    it('are given once, even if two processes draw the same ones at once', async () => {
      const { store, second, clock } = subject();
      const shared = Array.from({ length: 5 }, freshBody);
      const own = () => Array.from({ length: 5 }, freshBody);
      const banks = [
        bankThatDraws([...shared, ...own()], { store, clock }),
        bankThatDraws([...shared, ...own()], { store: second, clock }),
      ];
      const openings = banks.flatMap((bank) => shared.map(() => numberOf(bank)));
      const numbers = await Promise.all(openings);
      expect(new Set(numbers).size).toBe(numbers.length);
      expect(numbers).toEqual(expect.arrayContaining(shared.map((body) => makeAccountNumber('PB', body))));
      await Promise.all(banks.map((bank) => bank.ledger.close()));
    });

    it('stand for the ids of accounts: in transfers, legs, batches, holds and funds', async () => {
      const { bank } = subject();
      const { alice, from, to, fromNumber, toNumber } = await twoAccounts(subject());
      const pair = { sourceAccountId: fromNumber, destinationAccountId: formatAccountNumber(toNumber) };
      const key = () => ({ idempotencyKey: freshId() });
      const view = { sourceAccountId: from, destinationAccountId: to };

      const paid = await bank.ledger.transferFunds(alice, { ...pair, amount: 1n, ...key() });
      expect(paid).toMatchObject({ ok: true, transfer: view });
      const held = await bank.ledger.transferFunds(alice, { ...pair, amount: 2n, pending: true, ...key() });
      expect(held).toMatchObject({ ok: true, transfer: { ...view, status: 'pending' } });
      const batch = await bank.ledger.submitBatch(alice, { transfers: [{ ...pair, amount: 3n }], ...key() });
      expect(batch.members).toMatchObject([{ ok: true, transfer: view }]);
      const legs = [
        { accountId: fromNumber, direction: 'debit', amount: 4n },
        { accountId: toNumber, direction: 'credit', amount: 4n },
      ] as const;
      expect(codeOf(await bank.ledger.transferFunds(alice, { legs, ...key() }))).toBeNull();
      const funds = { destinationAccountId: toNumber, amount: 5n, ...key() };
      expect(codeOf(await bank.ledger.fundAccount(SYSTEM, funds))).toBeNull();
      expect(await bank.stateOf(toNumber)).toMatchObject({ balance: 13n });
      expect(await bank.stateOf(from)).toMatchObject({ balance: 92n, held: 2n });
    });

    it('and ids make the same request under one key', async () => {
      const { bank, otherBank } = subject();
      const { alice, from, to, fromNumber, toNumber } = await twoAccounts(subject());
      const request = { amount: 1n, idempotencyKey: freshId() };
      const transferId = transferIdOf(
        await bank.ledger.transferFunds(alice, {
          ...request,
          sourceAccountId: from,
          destinationAccountId: to,
        }),
      );
      const again = await otherBank.ledger.transferFunds(alice, {
        ...request,
        sourceAccountId: fromNumber,
        destinationAccountId: toNumber,
      });
      expect(again).toMatchObject({ ok: true, replayed: true, transfer: { transferId } });
    });

    it('with wrong check digits are refused by the name of their field', async () => {
      const { bank } = subject();
      const { alice, from, toNumber } = await twoAccounts(subject());
      const mistyped = `${toNumber.slice(0, -1)}${(Number(toNumber.at(-1)) + 1) % 10}`;
      const request = { sourceAccountId: from, destinationAccountId: mistyped, amount: 1n };
      const idempotencyKey = freshId();
      const refused = (field: string) => ({
        code: 'invalid_request',
        facts: { errors: [{ field, message: expect.stringContaining('check digits') as string }] },
      });
      await expect(bank.ledger.transferFunds(alice, { ...request, idempotencyKey })).rejects.toMatchObject(
        refused('destinationAccountId'),
      );
      await expect(
        bank.ledger.submitBatch(alice, { transfers: [request], idempotencyKey }),
      ).rejects.toMatchObject(refused('transfers.0.destinationAccountId'));
      await expect(bank.ledger.getAccount(alice, mistyped)).rejects.toMatchObject(refused('accountId'));
    });

    it('that no account has are those of no account', async () => {
      const { bank } = subject();
      const { alice, from } = await twoAccounts(subject());
      const to = makeAccountNumber('PB', freshBody());
      expect(codeOf(await bank.pay(alice, { from, to, amount: 1n }))).toBe('destination_account_not_found');
    });
  });

  describe('external ids', () => {
    it('of accounts are unique among accounts, and lead to the account', async () => {
      const { bank, otherBank } = subject();
      const alice = aCustomer();
      const externalId = freshId();
      const accountId = await bank.open(alice, { externalId });
      expect(codeOf(await otherBank.ledger.openAccount(alice, { externalId }))).toBe('external_id_taken');
      for (const viewer of [alice, SYSTEM]) {
        expect(await otherBank.ledger.findAccount(viewer, externalId)).toMatchObject({
          accountId,
          externalId,
        });
      }
      await expect(bank.ledger.findAccount(aCustomer(), externalId)).rejects.toMatchObject({
        code: 'account_not_found',
      });
      await expect(bank.ledger.findAccount(alice, freshId())).rejects.toMatchObject({
        code: 'account_not_found',
      });
    });

    it('of transfers are unique among transfers, and lead to the transfer', async () => {
      const { bank, otherBank } = subject();
      const { alice, from, to } = await twoAccounts(subject());
      const externalId = freshId();
      // Accounts have external ids of their own
      await bank.open(alice, { externalId });
      const request = { sourceAccountId: from, destinationAccountId: to, amount: 1n, externalId };
      const pay = (door: TestBank, more = {}) =>
        door.ledger.transferFunds(alice, { ...request, ...more, idempotencyKey: freshId() });
      const transferId = transferIdOf(await pay(bank, { pending: true }));
      expect(codeOf(await pay(otherBank))).toBe('external_id_taken');
      const batch = await bank.ledger.submitBatch(alice, {
        transfers: [request, { ...request, externalId: freshId() }],
        idempotencyKey: freshId(),
      });
      expect(batch.members?.map(codeOf)).toEqual(['external_id_taken', null]);
      await bank.void(alice, transferId);
      expect(codeOf(await pay(otherBank))).toBe('external_id_taken');
      expect(await otherBank.ledger.findTransfer(alice, externalId)).toMatchObject({
        transferId,
        externalId,
      });
      await expect(bank.ledger.findTransfer(aCustomer(), externalId)).rejects.toMatchObject({
        code: 'transfer_not_found',
      });
    });

    it('of a rejected transfer is free again', async () => {
      const { bank, second } = subject();
      const { alice, from, to } = await twoAccounts(subject());
      const externalId = freshId();
      const pay = (amount: bigint) =>
        bank.ledger.transferFunds(alice, {
          sourceAccountId: from,
          destinationAccountId: to,
          amount,
          externalId,
          idempotencyKey: freshId(),
        });
      expect(codeOf(await pay(1_000n))).toBe('insufficient_funds');
      await expect(bank.ledger.findTransfer(alice, externalId)).rejects.toMatchObject({
        code: 'transfer_not_found',
      });
      const transferId = transferIdOf(await pay(1n));
      expect(codeOf(await pay(1_000n))).toBe('external_id_taken');
      const identifier = { kind: 'transfer_external_id', value: externalId } as const;
      const found = await second.reads.identify([identifier]);
      expect([...found]).toEqual([[identifierText(identifier), transferId]]);
    });

    it('are given once, even if two processes use the same one at once', async () => {
      const { bank, otherBank } = subject();
      const { alice, from, to } = await twoAccounts(subject());
      for (const externalId of Array.from({ length: 5 }, freshId)) {
        const request = { sourceAccountId: from, destinationAccountId: to, amount: 1n, externalId };
        const answers = await Promise.all(
          [bank, otherBank, bank, otherBank].map((door) =>
            door.ledger.transferFunds(alice, { ...request, idempotencyKey: freshId() }),
          ),
        );
        const refused = answers.map(codeOf).filter((code) => code !== null);
        expect(refused).toEqual(answers.slice(1).map(() => 'external_id_taken'));
        const openings = await Promise.all(
          [bank, otherBank].map((door) => door.ledger.openAccount(alice, { externalId })),
        );
        expect(openings.map(codeOf).filter((code) => code !== null)).toEqual(['external_id_taken']);
      }
      expect(await bank.balanceOf(to)).toBe(5n);
    });
  });

  describe('the reference of a transfer', () => {
    it('is shown to both sides, and gone after an erasure', async () => {
      const { bank, otherBank, second } = subject();
      const { alice, bob, from, to } = await twoAccounts(subject());
      const reference = 'INV-2026/0017 forgotten';
      const request = {
        sourceAccountId: from,
        destinationAccountId: to,
        amount: 1n,
        reference,
        externalId: freshId(),
        idempotencyKey: freshId(),
      };
      const transferId = transferIdOf(await bank.ledger.transferFunds(alice, request));
      for (const viewer of [alice, bob])
        expect(await otherBank.ledger.getTransfer(viewer, transferId)).toMatchObject({ reference });

      await bank.ledger.eraseText(OPERATOR, { transferId, reason: 'Asked by Bob' });
      const digest = expect.stringMatching(/^[0-9a-f]{64}$/) as string;
      const erased = await second.reads.transfer(transferId);
      expect({ ...erased }).toMatchObject({
        reference: null,
        externalId: request.externalId,
        erased: { description: null, metadata: null, reference: digest },
      });
      const key = { scope: `user:${alice.id}`, operation: 'transfer', key: request.idempotencyKey } as const;
      expect(show(await second.reads.record(key))).not.toContain('forgotten');
      expect(await otherBank.ledger.transferFunds(alice, request)).toMatchObject({
        ok: true,
        replayed: true,
      });
      expect(
        await bank.ledger.transferFunds(alice, { ...request, reference: 'INV-2026/0018' }),
      ).toMatchObject({ code: 'idempotency_key_reused', field: 'reference' });
      expect(await faultsOf(subject(), [from, to, transferId])).toEqual([]);
    });
  });

  describe('the metadata of an account', () => {
    it('is set by its owner and the system, and by nobody else', async () => {
      const { bank, otherBank } = subject();
      const alice = aCustomer();
      const first = { 'cost-centre': 'Öl 🛢', 'x.y': '$ne' };
      const accountId = await bank.open(alice, { metadata: first });
      expect(await otherBank.ledger.getAccount(alice, accountId)).toMatchObject({ metadata: first });
      const set = (door: TestBank, actor: typeof alice | typeof OPERATOR, metadata: typeof first | null) =>
        door.ledger.setAccountMetadata(actor, { accountId, metadata });

      const second = { ...first, 'x.y': 'b', team: 'c' };
      expect(await set(bank, alice, second)).toMatchObject({ ok: true, account: { metadata: second } });
      // Money moves it along
      await bank.fund(accountId, 5n);
      expect((await otherBank.reads.account(accountId))?.metadata).toEqual(second);
      expect(codeOf(await set(otherBank, aCustomer(), first))).toBe('account_not_found');
      expect(await set(otherBank, OPERATOR, null)).toMatchObject({ ok: true, account: { metadata: null } });
      expect(await bank.ledger.getAccount(alice, accountId)).toMatchObject({ metadata: null, balance: 5n });
      expect(await faultsOf(subject(), [accountId])).toEqual([]);
    });

    it('is audited with digests', async () => {
      const { bank } = subject();
      const alice = aCustomer();
      const before = { a: 'one', b: 'kept' };
      const after = { b: 'kept', c: 'three' };
      const id = await bank.open(alice, { metadata: before });
      await bank.ledger.setAccountMetadata(alice, { accountId: id, metadata: after, reason: 'moved' });
      const log = await bank.reads.audit({ after: null, limit: 10_000 });
      expect(log.filter(({ accountId }) => accountId === id)).toMatchObject([
        {
          action: 'account_metadata_changed',
          actor: { kind: 'user', id: alice.id },
          reason: 'moved',
          changes: [
            ['metadata.a', metadataDigest({ id, metadata: before }, 'a', sha256), null],
            ['metadata.c', null, metadataDigest({ id, metadata: after }, 'c', sha256)],
          ],
        },
      ]);
      expect(show(log)).not.toContain('three');
    });
  });
}

function asNumber(value: string): Identifier {
  return { kind: 'account_number', value };
}

function freshBody(): string {
  return ids.newDigits(BODY_DIGITS);
}

/** A bank that draws these numbers first. */
function bankThatDraws(
  bodies: readonly string[],
  { store, clock }: { store: Store; clock: FixedClock },
): TestBank {
  const left = [...bodies];
  return new TestBank({
    store,
    clock,
    ids: {
      newId: () => ids.newId(),
      newSalt: () => ids.newSalt(),
      newDigits: (length) => left.shift() ?? ids.newDigits(length),
    },
  });
}

async function numberOf(bank: TestBank): Promise<string | null> {
  const opened = await bank.ledger.openAccount(aCustomer());
  return opened.ok ? opened.account.number : null;
}

async function twoAccounts({ bank }: Subject) {
  const [alice, bob] = [aCustomer('Alice'), aCustomer('Bob')];
  const from = await bank.account(alice, { funds: 100n });
  const to = await bank.open(bob);
  const fromNumber = (await bank.reads.account(from))?.number ?? '';
  const toNumber = (await bank.reads.account(to))?.number ?? '';
  return { alice, bob, from, to, fromNumber, toNumber };
}

/** Finds faults about these accounts and transfers: other tests change books by hand. */
async function faultsOf({ bank }: Subject, about: readonly string[]) {
  const { faults } = await bank.ledger.verifyBooks();
  return faults.filter(({ accountId = '', transferId = '' }) =>
    [accountId, transferId].some((id) => about.includes(id)),
  );
}

function show(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner));
}
