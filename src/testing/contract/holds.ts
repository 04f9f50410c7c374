import { describe, expect, it } from 'vitest';
import { PassbookError } from '../../domain/errors.ts';
import { codeOf, SYSTEM, transferIdOf } from '../fixtures/bank.ts';
import { expectRunningBook, expectSumsOfZero, expectWholeChain } from '../fixtures/books.ts';
import { aCustomer, freshId, PLAIN } from '../fixtures/builders.ts';
import type { Customer } from '../fixtures/builders.ts';
import type { Subject } from './subject.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

export function describeHolds(subject: () => Subject): void {
  describe('a hold', () => {
    it("reserves on both sides, and answers with the caller's held amount", async () => {
      const { bank, otherBank, clock } = subject();
      const { alice, from, to } = await twoAccounts(subject());
      const result = await bank.place(alice, {
        from,
        to,
        amount: 30n,
        description: 'Deposit',
        metadata: { order: '17' },
        expiresInSeconds: 60,
      });

      expect(result).toStrictEqual({
        ok: true,
        replayed: false,
        transfer: {
          ...PLAIN,
          transferId: expect.any(String) as string,
          kind: 'transfer',
          status: 'pending',
          sourceAccountId: from,
          destinationAccountId: to,
          amount: 30n,
          currency: 'EUR',
          exponent: 2,
          description: 'Deposit',
          metadata: { order: '17' },
          counterparty: null,
          expiresAt: clock.now() + MINUTE_MS,
          code: null,
          createdAt: clock.now(),
          completedAt: null,
        },
        balances: [{ accountId: from, balance: 100n, held: 30n, available: 70n }],
      });
      expect(await otherBank.stateOf(from)).toEqual({ balance: 100n, held: 30n, available: 70n });
      expect(await otherBank.stateOf(to)).toEqual({ balance: 0n, held: 0n, available: 0n });
      expect(await otherBank.reads.account(to)).toMatchObject({ incoming: 30n });
    });

    it('is not lost if the clock is set back and another account is ahead of it', async () => {
      const { bank, clock } = subject();
      const { alice, from, to } = await twoAccounts(subject());
      await bank.place(alice, { from, to, amount: 30n, expiresInSeconds: 3600 });
      clock.advance(2 * 60 * MINUTE_MS);
      const ahead = await bank.account(aCustomer(), { funds: 1n });
      clock.advance(-2 * 60 * MINUTE_MS);

      expect(codeOf(await bank.pay(alice, { from, to: ahead, amount: 1n }))).toBeNull();
      expect(await bank.stateOf(from)).toEqual({ balance: 99n, held: 30n, available: 69n });
      clock.advance(60 * MINUTE_MS);
      expect(await bank.stateOf(from)).toEqual({ balance: 99n, held: 0n, available: 99n });
      expect(codeOf(await bank.pay(alice, { from, to, amount: 99n }))).toBeNull();
      clock.advance(60 * MINUTE_MS);
    });

    it('expires in 7 days by default, and in at most 31', async () => {
      const { bank, clock } = subject();
      const { alice, from, to } = await twoAccounts(subject());
      const expiries = [
        await bank.place(alice, { from, to, amount: 1n }),
        await bank.place(alice, { from, to, amount: 1n, expiresInSeconds: 1 }),
        await bank.place(alice, { from, to, amount: 1n, expiresInSeconds: 31 * 86_400 }),
        await bank.place(alice, { from, to, amount: 1n, expiresAt: clock.now() + 31 * DAY_MS }),
        await bank.place(alice, { from, to, amount: 1n, expiresAt: clock.now() + 1 }),
      ].map((result) => (result.ok ? Number(result.transfer.expiresAt) - clock.now() : result.code));
      expect(expiries).toEqual([7 * DAY_MS, 1000, 31 * DAY_MS, 31 * DAY_MS, 1]);

      for (const [terms, field] of [
        [{ expiresInSeconds: 31 * 86_400 + 1 }, 'expiresInSeconds'],
        [{ expiresInSeconds: 0 }, 'expiresInSeconds'],
        [{ expiresInSeconds: 1.5 }, 'expiresInSeconds'],
        [{ expiresAt: clock.now() + 31 * DAY_MS + 1 }, 'expiresAt'],
        [{ expiresAt: clock.now() + 0.5 }, 'expiresAt'],
        [{ expiresAt: clock.now() + 1, expiresInSeconds: 1 }, 'expiresInSeconds'],
      ] as const) {
        const refused = await bank
          .place(alice, { from, to, amount: 1n, ...terms })
          .catch((fault: unknown) => fault);
        expect(refused).toBeInstanceOf(PassbookError);
        expect(refused).toMatchObject({ code: 'invalid_request', facts: { errors: [{ field }] } });
      }
    });

    it.each(['expiresAt', 'expiresInSeconds'] as const)(
      'is required for an expiry: %s without a hold is malformed',
      async (field) => {
        const { bank } = subject();
        const { alice, from, to } = await twoAccounts(subject());
        const request = {
          sourceAccountId: from,
          destinationAccountId: to,
          amount: 1n,
          [field]: 1,
          idempotencyKey: freshId(),
        };
        await expect(bank.ledger.transferFunds(alice, request)).rejects.toMatchObject({
          code: 'invalid_request',
          facts: { errors: [{ field }] },
        });
      },
    );

    it('is malformed if its expiry has already passed; neither it nor its key is stored', async () => {
      const { bank, clock } = subject();
      const { alice, from, to } = await twoAccounts(subject());
      const idempotencyKey = freshId();
      const request = { sourceAccountId: from, destinationAccountId: to, amount: 1n, idempotencyKey };
      for (const expiresAt of [clock.now(), clock.now() - 1, 0, -1]) {
        for (const dryRun of [false, true]) {
          await expect(
            bank.ledger.transferFunds(alice, { ...request, pending: true, expiresAt }, { dryRun }),
          ).rejects.toMatchObject(malformed('expiresAt'));
        }
      }
      expect(await bank.stateOf(from)).toEqual({ balance: 100n, held: 0n, available: 100n });
      expect((await bank.ledger.listTransfers(alice)).items).toMatchObject([{ kind: 'initial_funds' }]);
      expect(await bank.ledger.transferFunds(alice, request)).toMatchObject({ ok: true, replayed: false });
    });

    it('makes its whole batch malformed if its expiry has passed, linked or not; nothing is stored', async () => {
      const { bank, clock } = subject();
      const { alice, from, to } = await twoAccounts(subject());
      const plain = { sourceAccountId: from, destinationAccountId: to, amount: 1n };
      const late = { ...plain, pending: true, expiresAt: clock.now() };
      const idempotencyKey = freshId();
      for (const linked of [false, true]) {
        await expect(
          bank.ledger.submitBatch(alice, { transfers: [plain, late, plain, late], linked, idempotencyKey }),
        ).rejects.toMatchObject(malformed('transfers.1.expiresAt', 'transfers.3.expiresAt'));
      }
      expect((await bank.ledger.listTransfers(alice)).items).toMatchObject([{ kind: 'initial_funds' }]);
      expect(await bank.ledger.submitBatch(alice, { transfers: [plain], idempotencyKey })).toMatchObject({
        ok: true,
        replayed: false,
      });
    });

    it('with a past expiry does not affect the commands that commit with it', async () => {
      const { bank, clock } = subject();
      const { alice, from, to } = await twoAccounts(subject());
      const [paid, late, again] = await Promise.allSettled([
        bank.pay(alice, { from, to, amount: 1n }),
        bank.place(alice, { from, to, amount: 1n, expiresAt: clock.now() }),
        bank.pay(alice, { from, to, amount: 1n }),
      ]);
      expect([paid.status, late.status, again.status]).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(await bank.balanceOf(from)).toBe(98n);
    });

    it('with a used key gets the recorded answer, although its expiry has passed', async () => {
      const { bank, otherBank, clock } = subject();
      const { alice, from, to } = await twoAccounts(subject());
      const expiresAt = clock.now() + 1000;
      const hold = { sourceAccountId: from, destinationAccountId: to, amount: 1n, pending: true, expiresAt };
      const [one, several] = [
        { ...hold, idempotencyKey: freshId() },
        { transfers: [hold], idempotencyKey: freshId() },
      ];
      const placed = await bank.ledger.transferFunds(alice, one);
      await bank.ledger.submitBatch(alice, several);
      clock.advance(1000);

      const { ledger } = otherBank;
      expect(await ledger.transferFunds(alice, one)).toStrictEqual({ ...placed, replayed: true });
      expect(await ledger.submitBatch(alice, several)).toMatchObject({ ok: true, replayed: true });
      expect(await ledger.transferFunds(alice, { ...one, amount: 2n })).toMatchObject({
        code: 'idempotency_key_reused',
        field: 'amount',
      });
    });

    it('reduces the available balance: held money cannot be spent or held again', async () => {
      const { bank } = subject();
      const { alice, from, to } = await twoAccounts(subject());
      await bank.hold(alice, { from, to, amount: 60n });

      expect(codeOf(await bank.pay(alice, { from, to, amount: 41n }))).toBe('insufficient_funds');
      expect(codeOf(await bank.place(alice, { from, to, amount: 41n }))).toBe('insufficient_funds');
      expect(codeOf(await bank.place(alice, { from, to, amount: 40n }))).toBeNull();
      expect(await bank.stateOf(from)).toEqual({ balance: 100n, held: 100n, available: 0n });
    });

    it('is not available to the payee, but counts towards their maximum balance', async () => {
      const { bank } = subject();
      const { alice, bob, from, to } = await twoAccounts(subject());
      await bank.alter(to, { maximumBalance: 50n });
      await bank.hold(alice, { from, to, amount: 40n });

      expect(await bank.stateOf(to)).toEqual({ balance: 0n, held: 0n, available: 0n });
      expect(codeOf(await bank.pay(bob, { from: to, to: from, amount: 1n }))).toBe('insufficient_funds');
      expect(codeOf(await bank.pay(SYSTEM, { from, to, amount: 11n }))).toBe('exceeds_maximum_balance');
      expect(codeOf(await bank.pay(SYSTEM, { from, to, amount: 10n }))).toBeNull();
    });
  });

  describe('capturing a hold', () => {
    it('completely moves the money, and answers the payee with their own balance', async () => {
      const { bank, otherBank, clock } = subject();
      const { alice, bob, from, to } = await twoAccounts(subject());
      const transferId = await bank.hold(alice, { from, to, amount: 30n });
      const placedAt = clock.now();
      clock.advance(5);

      const result = await otherBank.capture(bob, transferId);
      expect(result).toStrictEqual({
        ok: true,
        replayed: false,
        transfer: {
          ...PLAIN,
          transferId,
          kind: 'transfer',
          status: 'completed',
          sourceAccountId: null,
          destinationAccountId: to,
          amount: 30n,
          currency: 'EUR',
          exponent: 2,
          description: null,
          metadata: null,
          counterparty: { name: 'Alice', account: from.slice(-4) },
          amountCaptured: 30n,
          amountReversed: null,
          expiresAt: placedAt + 7 * DAY_MS,
          code: null,
          createdAt: placedAt,
          completedAt: clock.now(),
        },
        balances: [{ accountId: to, balance: 30n, held: 0n, available: 30n }],
      });
      expect(await bank.stateOf(from)).toEqual({ balance: 70n, held: 0n, available: 70n });
      expect(await bank.ledger.getTransfer(alice, transferId)).toMatchObject({
        status: 'completed',
        amount: 30n,
        amountCaptured: 30n,
        completedAt: clock.now(),
      });
    });

    it('partly releases the rest', async () => {
      const { bank } = subject();
      const { alice, bob, from, to } = await twoAccounts(subject());
      const transferId = await bank.hold(alice, { from, to, amount: 30n });

      expect(await bank.capture(bob, transferId, 12n)).toMatchObject({
        ok: true,
        transfer: { status: 'completed', amount: 30n, amountCaptured: 12n },
        balances: [{ accountId: to, balance: 12n }],
      });
      expect(await bank.stateOf(from)).toEqual({ balance: 88n, held: 0n, available: 88n });
      expect(await bank.reads.account(to)).toMatchObject({ balance: 12n, incoming: 0n });
    });

    it('for more than the held amount is refused, and leaves the hold pending', async () => {
      const { bank } = subject();
      const { alice, bob, from, to } = await twoAccounts(subject());
      const transferId = await bank.hold(alice, { from, to, amount: 30n });

      expect(await bank.capture(bob, transferId, 31n)).toStrictEqual({
        ok: false,
        replayed: false,
        code: 'exceeds_hold_amount',
        retry: 'never',
        transferId: null,
      });
      expect(await bank.stateOf(from)).toEqual({ balance: 100n, held: 30n, available: 70n });
      expect(codeOf(await bank.capture(bob, transferId, 30n))).toBeNull();
    });

    it('checks no limit again, because both sides are reserved', async () => {
      const { bank } = subject();
      const { alice, bob, from, to } = await twoAccounts(subject());
      const transferId = await bank.hold(alice, { from, to, amount: 30n });
      await bank.alter(from, { minimumBalance: 1000n });
      await bank.alter(to, { maximumBalance: 0n });

      expect(codeOf(await bank.pay(alice, { from, to, amount: 1n }))).toBe('insufficient_funds');
      expect(codeOf(await bank.capture(bob, transferId))).toBeNull();
      expect([await bank.balanceOf(from), await bank.balanceOf(to)]).toEqual([70n, 30n]);
    });

    it('succeeds if the source is frozen', async () => {
      const { bank } = subject();
      const { alice, bob, from, to } = await twoAccounts(subject());
      const transferId = await bank.hold(alice, { from, to, amount: 30n });
      await bank.ledger.freezeAccount(SYSTEM, { accountId: from, credits: true, reason: 'lost card' });
      expect(codeOf(await bank.capture(bob, transferId))).toBeNull();
      expect(await bank.balanceOf(to)).toBe(30n);
    });

    it.each([
      ['frozen with its credits', { status: 'frozen', creditsFrozen: true }, 'destination_account_frozen'],
      ['frozen except for its credits', { status: 'frozen', creditsFrozen: false }, null],
      ['closed', { status: 'closed' }, 'destination_account_closed'],
    ] as const)('depends on the state of the destination: %s', async (_, state, code) => {
      const { bank } = subject();
      const { alice, bob, from, to } = await twoAccounts(subject());
      const transferId = await bank.hold(alice, { from, to, amount: 30n });
      await bank.alter(to, state);

      expect(codeOf(await bank.capture(bob, transferId))).toBe(code);
      const isCaptured = code === null;
      expect(await bank.stateOf(from)).toMatchObject({ held: isCaptured ? 0n : 30n });
      expect(await bank.balanceOf(to)).toBe(isCaptured ? 30n : 0n);
    });
  });

  describe('voiding a hold', () => {
    it('releases it on both sides, and moves nothing', async () => {
      const { bank, otherBank } = subject();
      const { alice, bob, from, to } = await twoAccounts(subject());
      const transferId = await bank.hold(alice, { from, to, amount: 30n });

      expect(await otherBank.void(bob, transferId)).toMatchObject({
        ok: true,
        transfer: { transferId, status: 'voided', amountCaptured: null, completedAt: null },
        balances: [{ accountId: to, balance: 0n, held: 0n, available: 0n }],
      });
      expect(await bank.stateOf(from)).toEqual({ balance: 100n, held: 0n, available: 100n });
      expect(await bank.reads.account(to)).toMatchObject({ balance: 0n, incoming: 0n });
    });

    it('succeeds even if both accounts are frozen with their credits and over their limits', async () => {
      const { bank } = subject();
      const { alice, bob, from, to } = await twoAccounts(subject());
      const transferId = await bank.hold(alice, { from, to, amount: 30n });
      await bank.alter(from, { status: 'frozen', creditsFrozen: true, minimumBalance: 1000n });
      await bank.alter(to, { status: 'frozen', creditsFrozen: true, maximumBalance: 0n });
      expect(codeOf(await bank.void(bob, transferId))).toBeNull();
      expect(await bank.stateOf(from)).toEqual({ balance: 100n, held: 0n, available: 100n });
    });
  });

  describe('permission to end a hold', () => {
    it('belongs to its payee and the system; the payer and others get transfer_not_found', async () => {
      const { bank } = subject();
      const { alice, bob, from, to } = await twoAccounts(subject());
      const hold = () => bank.hold(alice, { from, to, amount: 5n });
      const notFound = {
        ok: false,
        replayed: false,
        code: 'transfer_not_found',
        retry: 'never',
        transferId: null,
      };
      const transferId = await hold();
      for (const actor of [alice, aCustomer('Eve')]) {
        expect(await bank.capture(actor, transferId)).toStrictEqual(notFound);
        expect(await bank.void(actor, transferId)).toStrictEqual(notFound);
        expect(await bank.capture(actor, freshId())).toStrictEqual(notFound);
        expect(await bank.void(actor, 'no id of ours')).toStrictEqual(notFound);
      }
      expect(await bank.stateOf(from)).toMatchObject({ held: 5n });
      expect(codeOf(await bank.capture(bob, transferId))).toBeNull();
      expect(codeOf(await bank.void(bob, await hold()))).toBeNull();
      expect(codeOf(await bank.capture(SYSTEM, await hold()))).toBeNull();
      expect(codeOf(await bank.void({ kind: 'system', id: freshId() }, await hold()))).toBeNull();
    });

    it('belongs to the one owner of both sides', async () => {
      const { bank } = subject();
      const alice = aCustomer();
      const from = await bank.account(alice, { funds: 10n });
      const to = await bank.account(alice);
      const transferId = await bank.hold(alice, { from, to, amount: 10n });
      expect(await bank.capture(alice, transferId, 4n)).toMatchObject({
        ok: true,
        balances: [
          { accountId: from, balance: 6n, held: 0n, available: 6n },
          { accountId: to, balance: 4n, held: 0n, available: 4n },
        ],
      });
    });
  });

  describe('the end of a hold', () => {
    it('happens once, and later attempts are answered with the way it ended', async () => {
      const { bank, clock } = subject();
      const { alice, bob, from, to } = await twoAccounts(subject());
      const hold = () => bank.hold(alice, { from, to, amount: 5n, expiresInSeconds: 1 });
      const [captured, voided, expired] = [await hold(), await hold(), await hold()];
      await bank.capture(bob, captured);
      await bank.void(bob, voided);
      clock.advance(1000);

      for (const [transferId, code] of [
        [captured, 'already_completed'],
        [voided, 'already_voided'],
        [expired, 'hold_expired'],
      ] as const) {
        for (const actor of [bob, SYSTEM]) {
          expect(await bank.capture(actor, transferId, 1n)).toMatchObject({ ok: false, code });
          expect(await bank.void(actor, transferId)).toMatchObject({ ok: false, code });
        }
      }
      expect([await bank.stateOf(from), await bank.stateOf(to)]).toEqual([
        { balance: 95n, held: 0n, available: 95n },
        { balance: 5n, held: 0n, available: 5n },
      ]);
    });

    it('happens once if several commands arrive concurrently', async () => {
      const { bank, otherBank } = subject();
      const { alice, bob, from, to } = await twoAccounts(subject());
      for (let round = 0; round < 5; round++) {
        const transferId = await bank.hold(alice, { from, to, amount: 10n });
        const before = { from: await bank.balanceOf(from), to: await bank.balanceOf(to) };
        const results = await Promise.all(
          Array.from({ length: 12 }, (_, index) => {
            const door = index % 2 === 0 ? bank : otherBank;
            const actor = index % 3 === 0 ? SYSTEM : bob;
            return index % 4 < 2
              ? door.capture(actor, transferId, BigInt(1 + (index % 4)))
              : door.void(actor, transferId);
          }),
        );
        const ended = results.flatMap((result) => (result.ok ? [result.transfer] : []));
        expect(ended).toHaveLength(1);
        const moved = ended[0]?.amountCaptured ?? 0n;
        const code = ended[0]?.status === 'voided' ? 'already_voided' : 'already_completed';
        expect(results.filter(({ ok }) => !ok).map(codeOf)).toEqual(Array.from({ length: 11 }, () => code));
        expect([await bank.balanceOf(from), await bank.balanceOf(to)]).toEqual([
          before.from - moved,
          before.to + moved,
        ]);
        expect(await bank.stateOf(from)).toMatchObject({ held: 0n });
      }
    });

    it('happens once if it is swept or captured at the instant of its expiry', async () => {
      const { bank, otherBank, clock } = subject();
      const { alice, bob, from, to } = await twoAccounts(subject());
      const transferId = await bank.hold(alice, { from, to, amount: 10n, expiresInSeconds: 1 });
      clock.advance(1000);
      const [, , result] = await Promise.all([
        bank.sweep(),
        otherBank.sweep(),
        otherBank.capture(bob, transferId),
      ]);
      expect(result).toMatchObject({ ok: false, code: 'hold_expired' });
      expect((await bank.entriesOf(from)).map(({ step }) => step)).toEqual(['completed', 'held', 'expired']);
      expect((await bank.entriesOf(to)).map(({ step }) => step)).toEqual(['held', 'expired']);
    });
  });

  describe('the expiry of a hold', () => {
    it('is exclusive: a capture succeeds before that instant, and fails from it on', async () => {
      const { bank, clock } = subject();
      const { alice, bob, from, to } = await twoAccounts(subject());
      const expiresAt = clock.now() + 1000;
      const [early, late] = [
        await bank.hold(alice, { from, to, amount: 10n, expiresAt }),
        await bank.hold(alice, { from, to, amount: 10n, expiresAt }),
      ];
      clock.advance(999);
      expect(codeOf(await bank.capture(bob, early))).toBeNull();
      clock.advance(1);
      expect(codeOf(await bank.capture(bob, late))).toBe('hold_expired');
      expect(await bank.stateOf(from)).toEqual({ balance: 90n, held: 0n, available: 90n });
    });

    it('counts for every read, even if no sweep has written it', async () => {
      const { bank, otherBank, clock } = subject();
      const { alice, bob, from, to } = await twoAccounts(subject());
      const idempotencyKey = freshId();
      const transferId = transferIdOf(
        await bank.ledger.transferFunds(alice, {
          sourceAccountId: from,
          destinationAccountId: to,
          amount: 10n,
          pending: true,
          expiresInSeconds: 1,
          idempotencyKey,
        }),
      );
      const longer = await bank.hold(alice, { from, to, amount: 7n, expiresInSeconds: 2 });
      const seen = async () => {
        const { ledger } = otherBank;
        const one = await ledger.getTransfer(alice, transferId);
        const byKey = await ledger.findTransferByKey(alice, idempotencyKey);
        const [hers, his] = [await ledger.listTransfers(alice), await ledger.listTransfers(bob)];
        const account = await ledger.getAccount(alice, from);
        const listed = (await ledger.listAccounts(alice, alice.id)).items[0];
        const balance = await ledger.getBalance(alice, from);
        return {
          statuses: [
            one.status,
            byKey.transfer?.status,
            hers.items.find((item) => item.transferId === transferId)?.status,
            his.items.find((item) => item.transferId === transferId)?.status,
          ],
          held: [account.held, listed?.held, balance.held],
          available: [account.available, listed?.available, balance.available],
        };
      };

      clock.advance(999);
      const before = {
        statuses: ['pending', 'pending', 'pending', 'pending'],
        held: [17n, 17n, 17n],
        available: [83n, 83n, 83n],
      };
      expect(await seen()).toEqual(before);
      clock.advance(1);
      const after = {
        statuses: ['expired', 'expired', 'expired', 'expired'],
        held: [7n, 7n, 7n],
        available: [93n, 93n, 93n],
      };
      expect(await seen()).toEqual(after);
      await bank.sweep();
      expect(await seen()).toEqual(after);
      expect(await bank.ledger.getTransfer(alice, longer)).toMatchObject({ status: 'pending' });
    });

    it('counts for every decision: on the payer, the payee, and a closing', async () => {
      const { bank, clock } = subject();
      const { alice, bob, from, to } = await twoAccounts(subject());
      await bank.alter(to, { maximumBalance: 100n });
      await bank.hold(alice, { from, to, amount: 100n, expiresInSeconds: 1 });
      const attempts = async () => [
        codeOf(await bank.pay(alice, { from, to: await bank.account(bob), amount: 100n })),
        codeOf(await bank.ledger.closeAccount(bob, { accountId: to })),
      ];
      clock.advance(999);
      expect(
        codeOf(await bank.pay(SYSTEM, { from: await bank.account(alice, { funds: 1n }), to, amount: 1n })),
      ).toBe('exceeds_maximum_balance');
      expect(await attempts()).toEqual(['insufficient_funds', 'holds_outstanding']);
      clock.advance(1);
      const rich = await bank.account(alice, { funds: 100n });
      expect(codeOf(await bank.pay(SYSTEM, { from: rich, to, amount: 100n }))).toBeNull();
      expect(codeOf(await bank.pay(SYSTEM, { from: to, to: rich, amount: 100n }))).toBeNull();
      expect(await attempts()).toEqual([null, null]);
    });

    it('counts for reversals, batches, funding and limits too', async () => {
      const { bank, clock } = subject();
      const { alice, bob, from, to } = await twoAccounts(subject());
      const paid = transferIdOf(await bank.pay(alice, { from, to, amount: 50n }));
      await bank.hold(bob, { from: to, to: from, amount: 50n, expiresInSeconds: 1 });
      await bank.hold(alice, { from, to, amount: 50n, expiresInSeconds: 1 });
      const batch = () =>
        bank.ledger.submitBatch(alice, {
          transfers: [{ sourceAccountId: from, destinationAccountId: to, amount: 50n }],
          linked: true,
          idempotencyKey: freshId(),
        });
      expect(codeOf(await bank.reverse(bob, paid))).toBe('insufficient_funds');
      expect((await batch()).members?.map(codeOf)).toEqual(['insufficient_funds']);
      clock.advance(1000);
      expect(codeOf(await bank.reverse(bob, paid))).toBeNull();
      expect((await batch()).members?.map(codeOf)).toEqual([null]);
      expect([await bank.stateOf(from), await bank.stateOf(to)]).toEqual([
        { balance: 50n, held: 0n, available: 50n },
        { balance: 50n, held: 0n, available: 50n },
      ]);
    });

    it('is stored on both accounts while a hold is pending', async () => {
      const { bank, second, clock } = subject();
      const { alice, bob, from, to } = await twoAccounts(subject());
      const remembered = async () => [
        (await second.reads.account(from))?.nextExpiryAt ?? null,
        (await second.reads.account(to))?.nextExpiryAt ?? null,
      ];
      expect(await remembered()).toEqual([null, null]);
      const start = clock.now();
      const later = await bank.hold(alice, { from, to, amount: 1n, expiresInSeconds: 3 });
      const sooner = await bank.hold(alice, { from, to, amount: 1n, expiresInSeconds: 1 });
      await bank.hold(alice, { from, to, amount: 1n, expiresInSeconds: 2 });
      expect(await remembered()).toEqual([start + 1000, start + 1000]);
      expect(await second.reads.accountsWithDueHolds(start + 999, 1000)).not.toContain(from);
      expect(await second.reads.accountsWithDueHolds(start + 1000, 1000)).toEqual(
        expect.arrayContaining([from, to]),
      );
      const pending = await second.reads.pendingHolds(from, { after: null, limit: 1 });
      expect(pending.map(({ transfer }) => transfer.id)).toEqual([sooner]);
      expect(await second.reads.dueOn(from, start + 1000)).toEqual({ debits: 1n, credits: 0n });
      expect(await second.reads.dueOn(to, start + 1000)).toEqual({ debits: 0n, credits: 1n });
      expect(await second.reads.dueOn(from, start + 999)).toEqual({ debits: 0n, credits: 0n });

      clock.advance(1000);
      await bank.pay(alice, { from, to, amount: 1n });
      expect(await remembered()).toEqual([start + 2000, start + 2000]);
      clock.advance(1000);
      await bank.pay(alice, { from, to, amount: 1n });
      expect(await remembered()).toEqual([start + 3000, start + 3000]);
      await bank.void(bob, later);
      clock.advance(1000);
      await bank.sweep();
      expect(await remembered()).toEqual([null, null]);
      expect(await second.reads.accountsWithDueHolds(clock.now(), 1000)).toEqual([]);
    });
  });

  describe('holds that are due together', () => {
    it('expire in order of their expiry, whether a decision or the sweeper writes it', async () => {
      const { bank, second, clock } = subject();
      for (const write of ['decision', 'sweeper'] as const) {
        const { alice, from, to } = await twoAccounts(subject());
        const place = (seconds: number) =>
          bank.hold(alice, { from, to, amount: 1n, expiresInSeconds: seconds });
        const [third, first, other, equal] = [await place(3), await place(1), await place(2), await place(2)];
        clock.advance(3000);
        if (write === 'sweeper') await bank.sweep();
        else await bank.pay(alice, { from, to, amount: 1n });

        for (const accountId of [from, to]) {
          const entries = await second.reads.entriesOf(accountId, { after: null, limit: 100 });
          expect(
            entries.filter(({ step }) => step === 'expired').map(({ transferId }) => transferId),
          ).toEqual([first, other, equal, third]);
        }
      }
    });

    it.each([
      ['a transfer', false],
      ['a linked batch', true],
    ])('leave the next expiry of the accounts correct when the next hold ends with %s', async (_, linked) => {
      const { bank, second, clock } = subject();
      const { alice, bob, from, to } = await twoAccounts(subject());
      const unrelated = await twoAccounts(subject());
      await bank.hold(alice, { from, to, amount: 1n, expiresInSeconds: 1 });
      const next = await bank.hold(alice, { from, to, amount: 2n, expiresInSeconds: 60 });
      await bank.hold(alice, { from, to, amount: 4n, expiresInSeconds: 120 });
      clock.advance(1000);
      const results = await Promise.all([
        // The others queue while this one commits
        bank.pay(unrelated.alice, { from: unrelated.from, to: unrelated.to, amount: 1n }),
        bank.capture(bob, next),
        linked
          ? bank.ledger.submitBatch(alice, {
              transfers: [{ sourceAccountId: from, destinationAccountId: to, amount: 1n }],
              linked,
              idempotencyKey: freshId(),
            })
          : bank.pay(alice, { from, to, amount: 1n }),
      ]);
      expect(results.map(codeOf)).toEqual([null, null, null]);
      expect(await bank.stateOf(from)).toEqual({ balance: 97n, held: 4n, available: 93n });

      clock.advance(119_000);
      expect(await bank.stateOf(from)).toEqual({ balance: 97n, held: 0n, available: 97n });
      await bank.sweep();
      expect(await second.reads.account(from)).toMatchObject({ held: 0n, nextExpiryAt: null });
    });
  });

  describe('a sweeper', () => {
    it('writes the expiry of every due hold once, and touches nothing else', async () => {
      const { bank, otherBank, clock } = subject();
      const { alice, from, to } = await twoAccounts(subject());
      await bank.sweep();
      const due = await bank.hold(alice, { from, to, amount: 1n, expiresInSeconds: 1 });
      const pending = await bank.hold(alice, { from, to, amount: 2n, expiresInSeconds: 2 });
      expect(await bank.sweep()).toBe(0);
      clock.advance(1000);
      const swept = await Promise.all([bank.sweep(), otherBank.sweep()]);
      expect(Math.max(...swept)).toBeGreaterThanOrEqual(1);
      expect(await bank.sweep()).toBe(0);

      expect(await bank.reads.transfer(due)).toMatchObject({ status: 'expired' });
      expect(await bank.reads.transfer(pending)).toMatchObject({ status: 'pending' });
      const expired = { transferId: due, step: 'expired', posted: 0n, pending: 1n, at: clock.now() };
      expect((await bank.entriesOf(from)).at(-1)).toMatchObject(expired);
      expect((await bank.entriesOf(to)).at(-1)).toMatchObject(expired);
      expect(await bank.stateOf(from)).toEqual({ balance: 100n, held: 2n, available: 98n });
    });

    it('is optional: the next decision writes the expiry of due holds first', async () => {
      const { bank, clock } = subject();
      const { alice, from, to } = await twoAccounts(subject());
      const ids: string[] = [];
      for (let index = 0; index < 3; index++) {
        ids.push(await bank.hold(alice, { from, to, amount: 30n, expiresInSeconds: 1 + index }));
      }
      clock.advance(2000);
      expect(codeOf(await bank.pay(alice, { from, to, amount: 71n }))).toBe('insufficient_funds');
      expect(codeOf(await bank.pay(alice, { from, to, amount: 70n }))).toBeNull();
      const statuses = await Promise.all(ids.map(async (id) => (await bank.reads.transfer(id))?.status));
      expect(statuses).toEqual(['expired', 'expired', 'pending']);
      expect(await bank.stateOf(from)).toEqual({ balance: 30n, held: 30n, available: 0n });
      expect(await bank.stateOf(to)).toEqual({ balance: 70n, held: 0n, available: 70n });
    });

    it('sweeps more accounts than one look returns', async () => {
      const { bank, clock } = subject();
      const alice = aCustomer();
      const from = await bank.account(alice, { funds: 1000n });
      const payees = await Promise.all(Array.from({ length: 210 }, () => bank.account(aCustomer())));
      await Promise.all(payees.map((to) => bank.hold(alice, { from, to, amount: 1n, expiresInSeconds: 1 })));
      clock.advance(1000);
      await bank.sweep();
      expect(await bank.reads.account(from)).toMatchObject({ held: 0n, nextExpiryAt: null });
      expect(await bank.reads.accountsWithDueHolds(clock.now(), 1000)).toEqual([]);
    });
  });

  describe('each step of a hold', () => {
    it.each([
      ['captured', 12n],
      ['voided', 0n],
      ['expired', 0n],
    ] as const)(
      'writes immutable entries, with the counters after it: held, then %s',
      async (step, posted) => {
        const { bank, second, clock } = subject();
        const { alice, bob, from, to } = await twoAccounts(subject());
        const transferId = await bank.hold(alice, { from, to, amount: 30n, expiresInSeconds: 1 });
        const heldAt = clock.now();
        const placed = await bank.entriesOf(from);
        clock.advance(step === 'expired' ? 1000 : 500);
        if (step === 'captured') await bank.capture(bob, transferId, 12n);
        if (step === 'voided') await bank.void(bob, transferId);
        if (step === 'expired') await bank.sweep();

        const [hers, his] = [await bank.entriesOf(from), await bank.entriesOf(to)];
        expect(hers.slice(0, 2)).toStrictEqual(placed);
        const none = { debitsPosted: 0n, creditsPosted: 0n, debitsPending: 0n, creditsPending: 0n };
        const hash = expect.stringMatching(/^[0-9a-f]{64}$/) as string;
        const held = { transferId, step: 'held', posted: 0n, pending: 30n, at: heldAt, hash };
        const ended = { transferId, step, posted, pending: 30n, at: clock.now(), hash };
        const funded = { ...none, creditsPosted: 100n };
        expect(hers.slice(1)).toEqual([
          {
            ...held,
            accountId: from,
            sequence: 2,
            direction: 'debit',
            after: { ...funded, debitsPending: 30n },
          },
          {
            ...ended,
            accountId: from,
            sequence: 3,
            direction: 'debit',
            after: { ...funded, debitsPosted: posted },
          },
        ]);
        expect(his).toEqual([
          {
            ...held,
            accountId: to,
            sequence: 1,
            direction: 'credit',
            after: { ...none, creditsPending: 30n },
          },
          {
            ...ended,
            accountId: to,
            sequence: 2,
            direction: 'credit',
            after: { ...none, creditsPosted: posted },
          },
        ]);
        expectSumsOfZero([...hers.slice(1), ...his]);
        for (const [id, entries] of [
          [from, hers],
          [to, his],
        ] as const) {
          const account = (await second.reads.account(id))!;
          expectRunningBook(account, entries);
          await expectWholeChain(second.reads, account, entries);
        }
      },
    );
  });

  describe('notifications of a hold', () => {
    it('go to both parties when it is placed and captured, and to nobody when it is voided or expires', async () => {
      const { bank, clock } = subject();
      const { alice, bob, from, to } = await twoAccounts(subject());
      const hold = () => bank.hold(alice, { from, to, amount: 30n, expiresInSeconds: 1 });
      await bank.takeMessages();
      const transferId = await hold();
      const shared = {
        at: clock.now(),
        transferId,
        currency: 'EUR',
        exponent: 2,
        description: null,
        reverses: null,
      };
      const placed = { ...shared, amount: 30n, expiresAt: clock.now() + 1000 };
      expect(byRecipient(await bank.takeMessages(), alice)).toEqual([
        {
          ...placed,
          id: `${transferId}.held.sent`,
          kind: 'hold_placed',
          recipientId: alice.id,
          counterparty: { name: null, account: to },
          balances: [{ accountId: from, balance: 100n, held: 30n }],
        },
        {
          ...placed,
          id: `${transferId}.held.received`,
          kind: 'hold_received',
          recipientId: bob.id,
          counterparty: { name: 'Alice', account: from.slice(-4) },
          balances: [{ accountId: to, balance: 0n, held: 0n }],
        },
      ]);

      await bank.capture(bob, transferId, 12n);
      const captured = { ...shared, amount: 12n, expiresAt: null };
      expect(byRecipient(await bank.takeMessages(), alice)).toEqual([
        {
          ...captured,
          id: `${transferId}.sent`,
          kind: 'transfer_sent',
          recipientId: alice.id,
          counterparty: { name: null, account: to },
          balances: [{ accountId: from, balance: 88n, held: 0n }],
        },
        {
          ...captured,
          id: `${transferId}.received`,
          kind: 'transfer_received',
          recipientId: bob.id,
          counterparty: { name: 'Alice', account: from.slice(-4) },
          balances: [{ accountId: to, balance: 12n, held: 0n }],
        },
      ]);

      const [voided] = [await hold(), await hold()];
      await bank.takeMessages();
      await bank.void(bob, voided);
      clock.advance(1000);
      await bank.sweep();
      expect(await bank.takeMessages()).toEqual([]);
    });
  });
}

async function twoAccounts({
  bank,
}: Subject): Promise<{ alice: Customer; bob: Customer; from: string; to: string }> {
  const [alice, bob] = [aCustomer('Alice'), aCustomer('Bob')];
  return { alice, bob, from: await bank.account(alice, { funds: 100n }), to: await bank.account(bob) };
}

/** The messages, those of the first recipient first. */
function byRecipient<T extends { readonly recipientId: string }>(
  messages: readonly T[],
  first: Customer,
): readonly T[] {
  return messages.toSorted((a, b) => Number(b.recipientId === first.id) - Number(a.recipientId === first.id));
}

function malformed(...fields: readonly string[]): object {
  return { code: 'invalid_request', facts: { errors: fields.map((field) => ({ field })) } };
}
