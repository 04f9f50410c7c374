import { describe, expect, it } from 'vitest';
import type { InitialFundsRequest } from '../../application/transfers/fund-account.ts';
import type { OpenAccountRequest } from '../../application/accounts/open-account.ts';
import type { TransferRequest } from '../../application/transfers/transfer-funds.ts';
import type { Actor } from '../../domain/actor.ts';
import { sha256 } from '../../adapters/shared/sha256.ts';
import { SYSTEM } from '../fixtures/bank.ts';
import { aCustomer, freshId } from '../fixtures/builders.ts';
import type { Customer } from '../fixtures/builders.ts';
import type { Subject } from './subject.ts';

/** A request with one source, one destination and one amount. */
type PlainRequest = Omit<TransferRequest, 'legs'> &
  Required<Pick<TransferRequest, 'sourceAccountId' | 'destinationAccountId' | 'amount'>>;

/** The answer to a different request under a used key. */
function conflictIn(field: string) {
  return {
    ok: false,
    replayed: false,
    code: 'idempotency_key_reused',
    retry: 'never',
    transferId: null,
    field,
  };
}

/** Metadata in the form that its digest covers. */
const METADATA = String.raw`[["a","\""],["b","2"]]`;

export function describeIdempotency(subject: () => Subject): void {
  describe('the same key and request', () => {
    it('give the same answer again, from any client, and move money once', async () => {
      const { bank, otherBank, clock } = subject();
      const { alice, request } = await between(subject());
      const first = await bank.ledger.transferFunds(alice, request);
      expect(first).toMatchObject({ ok: true, replayed: false });

      clock.advance(1000);
      await bank.pay(alice, {
        from: request.sourceAccountId,
        to: request.destinationAccountId,
        amount: 50n,
      });
      for (const again of [bank, otherBank]) {
        expect(await again.ledger.transferFunds(alice, request)).toStrictEqual({ ...first, replayed: true });
      }
      expect(await bank.balanceOf(request.sourceAccountId)).toBe(40n);
    });

    it('give the same refusal again, even after funds arrive; a new key succeeds', async () => {
      const { bank, otherBank } = subject();
      const { alice, request } = await between(subject(), { amount: 101n });
      const refused = await bank.ledger.transferFunds(alice, request);
      expect(refused).toMatchObject({ ok: false, code: 'insufficient_funds', replayed: false });

      await bank.fund(request.sourceAccountId, 1000n);
      for (const again of [bank, otherBank]) {
        expect(await again.ledger.transferFunds(alice, request)).toStrictEqual({
          ...refused,
          replayed: true,
        });
      }
      expect(await bank.balanceOf(request.sourceAccountId)).toBe(1100n);
      expect(await bank.ledger.transferFunds(alice, { ...request, idempotencyKey: freshId() })).toMatchObject(
        { ok: true, replayed: false },
      );
    });

    it('give the same masked refusal again, also if an account was not found', async () => {
      const { bank, otherBank } = subject();
      const { alice, request } = await between(subject());
      const closed = await bank.account(aCustomer('Bob'), { status: 'closed' });
      for (const [destinationAccountId, code] of [
        [closed, 'destination_account_unavailable'],
        [freshId(), 'destination_account_not_found'],
      ] as const) {
        const again = { ...request, destinationAccountId, idempotencyKey: freshId() };
        const refused = await bank.ledger.transferFunds(alice, again);
        expect(refused).toMatchObject({ ok: false, code });
        expect(await otherBank.ledger.transferFunds(alice, again)).toStrictEqual({
          ...refused,
          replayed: true,
        });
      }
    });

    it('give the first answer even if an account is now closed or the payer is renamed', async () => {
      const { bank, otherBank } = subject();
      const { alice, request } = await between(subject(), { amount: 100n });
      const first = await bank.ledger.transferFunds(alice, request);
      expect(first).toMatchObject({ ok: true });

      await bank.alter(request.sourceAccountId, { status: 'closed' });
      await bank.alter(request.destinationAccountId, { status: 'closed' });
      expect(
        await otherBank.ledger.transferFunds({ ...alice, name: 'Alice Married' }, request),
      ).toStrictEqual({ ...first, replayed: true });
    });

    it('move money once if sent many times concurrently, and all callers get the same answer', async () => {
      const { bank, otherBank } = subject();
      const { alice, request } = await between(subject());

      const results = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          (index % 2 === 0 ? bank : otherBank).ledger.transferFunds(alice, request),
        ),
      );
      expect(results.filter(({ replayed }) => !replayed)).toHaveLength(1);
      const first = results.find(({ replayed }) => !replayed)!;
      expect(results.filter(({ replayed }) => replayed)).toStrictEqual(
        Array.from({ length: 49 }, () => ({ ...first, replayed: true })),
      );
      expect(await bank.balanceOf(request.sourceAccountId)).toBe(90n);
    });

    it('of initial funds pay once, and give the same answer again', async () => {
      const { bank, otherBank } = subject();
      const { request } = await between(subject());
      const funding = {
        destinationAccountId: request.sourceAccountId,
        amount: 7n,
        description: 'Welcome',
        idempotencyKey: freshId(),
      };
      const first = await bank.ledger.fundAccount(SYSTEM, funding);
      await bank.fund(request.sourceAccountId, 1n);

      expect(await otherBank.ledger.fundAccount(SYSTEM, funding)).toStrictEqual({ ...first, replayed: true });
      expect(await bank.balanceOf(request.sourceAccountId)).toBe(108n);
    });

    it('of an opening open one account, and show it as it was then', async () => {
      const { bank, otherBank } = subject();
      const alice = aCustomer();
      const request = { name: 'Savings', idempotencyKey: freshId() };
      const opened = await bank.ledger.openAccount(alice, request);
      if (!opened.ok) throw new TypeError(opened.code);
      await bank.fund(opened.account.accountId, 7n);

      expect(await otherBank.ledger.openAccount(alice, request)).toStrictEqual({ ...opened, replayed: true });
      expect((await bank.ledger.listAccounts(alice, alice.id)).items).toHaveLength(1);
    });

    it('match with or without explicit defaults, and with metadata in any order', async () => {
      const { bank } = subject();
      const { alice, request } = await between(subject());
      const metadata = { b: '2', a: '1' };
      await bank.ledger.transferFunds(alice, { ...request, metadata });
      expect(
        await bank.ledger.transferFunds(alice, { ...request, metadata: { a: '1', b: '2' } }),
      ).toMatchObject({ ok: true, replayed: true });

      for (const [first, second] of [
        [{ metadata: {} }, {}],
        [{}, { metadata: {} }],
      ]) {
        const member = { ...request, idempotencyKey: freshId() };
        await bank.ledger.transferFunds(alice, { ...member, ...first });
        const again = await bank.ledger.transferFunds(alice, { ...member, ...second });
        expect(again).toMatchObject({ ok: true, replayed: true, transfer: { metadata: null } });

        const { idempotencyKey: _, ...one } = request;
        const batch = (metadata: object) => ({
          transfers: [{ ...one, ...metadata }],
          idempotencyKey: member.idempotencyKey,
        });
        await bank.ledger.submitBatch(alice, batch(first ?? {}));
        expect(await bank.ledger.submitBatch(alice, batch(second ?? {}))).toMatchObject({ replayed: true });
      }

      const idempotencyKey = freshId();
      await bank.ledger.openAccount(alice, { idempotencyKey });
      expect(
        await bank.ledger.openAccount(alice, { idempotencyKey, currency: 'EUR', ownerId: alice.id }),
      ).toMatchObject({ ok: true, replayed: true });

      const hold = { ...request, pending: true, idempotencyKey };
      await bank.ledger.transferFunds(alice, hold);
      expect(
        await bank.ledger.transferFunds(alice, { ...hold, expiresInSeconds: 7 * 24 * 60 * 60 }),
      ).toMatchObject({ ok: true, replayed: true });

      const funding = { userId: alice.id, amount: 1n, idempotencyKey };
      await bank.ledger.fundAccount(SYSTEM, funding);
      expect(await bank.ledger.fundAccount(SYSTEM, { ...funding, currency: 'EUR' })).toMatchObject({
        ok: true,
        replayed: true,
      });
    });
  });

  describe('the same key and another request', () => {
    it.each<keyof TransferRequest>([
      'sourceAccountId',
      'destinationAccountId',
      'amount',
      'currency',
      'description',
      'metadata',
    ])('is a conflict in the first field that differs, and does nothing: %s', async (field) => {
      const { bank, otherBank } = subject();
      const { alice, request } = await between(subject());
      const full = { ...request, currency: 'EUR', description: 'Rent', metadata: { a: '1' } };
      await bank.ledger.transferFunds(alice, full);

      const others = {
        sourceAccountId: freshId(),
        destinationAccountId: freshId(),
        amount: 11n,
        currency: 'USD',
        description: 'Lunch',
        metadata: { a: '2' },
      };
      const another = { ...full, ...from(field, others) };
      expect(await otherBank.ledger.transferFunds(alice, another)).toStrictEqual(conflictIn(field));
      expect(await bank.balanceOf(request.sourceAccountId)).toBe(90n);
      expect((await bank.ledger.listTransfers(alice)).items).toHaveLength(2);
    });

    it('is a conflict if an optional field is present in only one of them', async () => {
      const { bank } = subject();
      const { alice, request } = await between(subject());
      const described = { ...request, description: 'Rent' };
      await bank.ledger.transferFunds(alice, described);
      expect(await bank.ledger.transferFunds(alice, request)).toStrictEqual(conflictIn('description'));

      const plain = { ...request, idempotencyKey: freshId() };
      await bank.ledger.transferFunds(alice, plain);
      expect(await bank.ledger.transferFunds(alice, { ...plain, metadata: { a: '1' } })).toStrictEqual(
        conflictIn('metadata'),
      );
    });

    it.each<keyof InitialFundsRequest>([
      'destinationAccountId',
      'userId',
      'amount',
      'currency',
      'description',
    ])('of initial funds is a conflict in the first field that differs: %s', async (field) => {
      const { bank } = subject();
      const { alice, request } = await between(subject());
      const toUser = field === 'userId';
      const full = {
        ...(toUser ? { userId: alice.id } : { destinationAccountId: request.sourceAccountId }),
        amount: 5n,
        currency: 'EUR',
        description: 'Welcome',
        idempotencyKey: freshId(),
      };
      await bank.ledger.fundAccount(SYSTEM, full);

      const others = {
        ...(toUser ? { userId: freshId() } : { destinationAccountId: freshId() }),
        amount: 6n,
        currency: 'USD',
        description: 'Bonus',
      };
      expect(await bank.ledger.fundAccount(SYSTEM, { ...full, ...from(field, others) })).toStrictEqual(
        conflictIn(field),
      );
      expect(await bank.balanceOf(request.sourceAccountId)).toBe(105n);
    });

    it.each<keyof OpenAccountRequest>(['ownerId', 'currency', 'name'])(
      'of an opening is a conflict in the first field that differs: %s',
      async (field) => {
        const { bank } = subject();
        const [alice, bob] = [aCustomer('Alice'), aCustomer('Bob')];
        const full = { ownerId: alice.id, currency: 'EUR', name: 'Savings', idempotencyKey: freshId() };
        await bank.ledger.openAccount(SYSTEM, full);

        const others = { ownerId: bob.id, currency: 'USD', name: 'Rent' };
        expect(await bank.ledger.openAccount(SYSTEM, { ...full, ...from(field, others) })).toStrictEqual(
          conflictIn(field),
        );
        expect((await bank.ledger.listAccounts(bob, bob.id)).items).toEqual([]);
      },
    );

    it('is a conflict even after a refusal, and even if no transfer was stored', async () => {
      const { bank } = subject();
      const { alice, request } = await between(subject());
      const missing = { ...request, destinationAccountId: freshId() };
      await bank.ledger.transferFunds(alice, missing);
      expect(await bank.ledger.transferFunds(alice, request)).toStrictEqual(
        conflictIn('destinationAccountId'),
      );
    });

    it('concurrently with the first is a conflict for one of them', async () => {
      const { bank, otherBank } = subject();
      const { alice, request } = await between(subject());
      const results = await Promise.all([
        bank.ledger.transferFunds(alice, request),
        otherBank.ledger.transferFunds(alice, { ...request, amount: 11n }),
      ]);

      expect(results.filter(({ ok }) => ok)).toHaveLength(1);
      expect(results.filter(({ ok }) => !ok)).toStrictEqual([conflictIn('amount')]);
    });
  });

  describe('a key', () => {
    it('of another caller is a separate key', async () => {
      const { bank } = subject();
      const { alice, request } = await between(subject());
      const eve = aCustomer('Eve');
      await bank.ledger.transferFunds(alice, request);

      const hers = { ...request, sourceAccountId: await bank.account(eve, { funds: 20n }) };
      expect(await bank.ledger.transferFunds(eve, hers)).toMatchObject({ ok: true, replayed: false });
      expect(await bank.ledger.transferFunds(aCustomer('Mallory'), request)).toMatchObject({
        ok: false,
        code: 'source_account_not_found',
        replayed: false,
      });
    });

    it('of another operation is a separate key', async () => {
      const { bank } = subject();
      const { alice, request } = await between(subject());
      const { idempotencyKey } = request;
      const asSystem = { ...request, amount: 1n };

      expect(await bank.ledger.openAccount(alice, { idempotencyKey })).toMatchObject({ replayed: false });
      expect(await bank.ledger.transferFunds(alice, request)).toMatchObject({ replayed: false });
      expect(await bank.ledger.transferFunds(SYSTEM, asSystem)).toMatchObject({ replayed: false });
      expect(
        await bank.ledger.fundAccount(SYSTEM, { userId: alice.id, amount: 1n, idempotencyKey }),
      ).toMatchObject({ ok: true, replayed: false });
    });

    it('is sensitive to case and to spaces', async () => {
      const { bank } = subject();
      const { alice, request } = await between(subject());
      const key = freshId();
      for (const idempotencyKey of [`a${key}`, `A${key}`, `a${key} `, ` a${key}`, `a ${key}`]) {
        expect(await bank.ledger.transferFunds(alice, { ...request, idempotencyKey })).toMatchObject({
          ok: true,
          replayed: false,
        });
      }
    });

    it('of 255 characters with every printable one is valid', async () => {
      const { bank } = subject();
      const { alice, request } = await between(subject());
      const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('');
      const longest = { ...request, idempotencyKey: printable.repeat(3).slice(0, 255) };
      await bank.ledger.transferFunds(alice, longest);
      expect(await bank.ledger.transferFunds(alice, longest)).toMatchObject({ ok: true, replayed: true });
    });

    it('of the system belongs to the ledger: two operators cannot make one funding twice', async () => {
      const { bank, otherBank } = subject();
      const { request } = await between(subject());
      const [first, second] = [
        { kind: 'system', id: freshId() },
        { kind: 'system', id: freshId() },
      ] as const;
      const funding = {
        destinationAccountId: request.sourceAccountId,
        amount: 7n,
        idempotencyKey: freshId(),
      };
      const paid = await bank.ledger.fundAccount(first, funding);

      expect(await otherBank.ledger.fundAccount(second, funding)).toStrictEqual({ ...paid, replayed: true });
      expect(await otherBank.ledger.fundAccount(second, { ...funding, amount: 8n })).toStrictEqual(
        conflictIn('amount'),
      );
      expect(await bank.balanceOf(request.sourceAccountId)).toBe(107n);
    });

    it('of a program that names its scope belongs to that scope', async () => {
      const { bank } = subject();
      const { request } = await between(subject());
      const funding = {
        destinationAccountId: request.sourceAccountId,
        amount: 7n,
        idempotencyKey: freshId(),
      };
      const scopes: readonly Extract<Actor, { kind: 'system' }>[] = [
        SYSTEM,
        { kind: 'system', scope: 'payroll' },
        { kind: 'system', scope: 'refunds' },
      ];
      for (const actor of scopes) {
        expect(await bank.ledger.fundAccount(actor, funding)).toMatchObject({ ok: true, replayed: false });
        expect(await bank.ledger.fundAccount(actor, funding)).toMatchObject({ ok: true, replayed: true });
      }
      expect(await bank.balanceOf(request.sourceAccountId)).toBe(121n);
    });

    it('keeps its record field by field, as long as the ledger exists', async () => {
      const { bank, second, clock } = subject();
      const { alice, request } = await between(subject());
      const made = await bank.ledger.transferFunds(alice, { ...request, metadata: { b: '2', a: '"' } });
      if (!made.ok) throw new TypeError(made.code);

      const key = {
        scope: `user:${alice.id}`,
        operation: 'transfer',
        key: request.idempotencyKey,
      } as const;
      const record = await second.reads.record(key);
      // A store may leave out a field that is null
      const fields = record?.request.fields.filter(([, value]) => value !== null);
      expect(record && { ...record, request: { ...record.request, fields } }).toStrictEqual({
        ...key,
        request: {
          version: 1,
          fields: [
            ['sourceAccountId', request.sourceAccountId],
            ['destinationAccountId', request.destinationAccountId],
            ['amount', '10'],
            [
              'metadata',
              sha256(`passbook request text 1\ntransfer user:${alice.id} ${key.key}\n${METADATA}`),
            ],
          ],
        },
        outcome: {
          kind: 'transferred',
          transfer: await second.reads.transfer(made.transfer.transferId),
          balances: made.balances,
        },
        at: clock.now(),
      });
      expect(await second.reads.record({ ...key, key: freshId() })).toBeUndefined();
    });
  });

  describe('a malformed request', () => {
    it('is not recorded: its key stays free for a corrected request', async () => {
      const { bank } = subject();
      const { alice, request } = await between(subject());
      await expect(bank.ledger.transferFunds(alice, { ...request, amount: 0n })).rejects.toThrow('amount');
      expect(await bank.ledger.transferFunds(alice, request)).toMatchObject({ ok: true, replayed: false });
    });
  });
}

/** Opens accounts of Alice, with 100 EUR, and of Bob, and returns a request of hers. */
async function between(
  { bank }: Subject,
  { amount = 10n }: { amount?: bigint } = {},
): Promise<{ alice: Customer; bob: Customer; request: PlainRequest }> {
  const [alice, bob] = [aCustomer('Alice'), aCustomer('Bob')];
  const sourceAccountId = await bank.account(alice, { funds: 100n });
  const destinationAccountId = await bank.account(bob);
  return {
    alice,
    bob,
    request: { sourceAccountId, destinationAccountId, amount, idempotencyKey: freshId() },
  };
}

/** The given field and all after it. */
function from<T extends object>(field: string, fields: T): Partial<T> {
  const pairs = Object.entries(fields);
  return Object.fromEntries(pairs.slice(pairs.findIndex(([name]) => name === field))) as Partial<T>;
}
