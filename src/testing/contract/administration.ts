import type {
  FreezeRequest,
  LimitsRequest,
  UnfreezeRequest,
} from '../../application/accounts/administer-account.ts';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../adapters/shared/sha256.ts';
import { auditHash } from '../../domain/integrity/audit-log.ts';
import { GENESIS_HASH } from '../../domain/entities/genesis-hash.ts';
import { systemAccountId } from '../../domain/entities/account.ts';
import type { AuditRecord } from '../../domain/integrity/audit-log.ts';
import { codeOf, SYSTEM } from '../fixtures/bank.ts';
import { aCustomer, freshId } from '../fixtures/builders.ts';
import type { Subject } from './subject.ts';

const OPERATOR = { kind: 'system', id: 'operator' } as const;

export function describeAdministration(subject: () => Subject): void {
  describe('freezing an account', () => {
    it('stops its debits, and on request its credits; unfreezing allows both again', async () => {
      const { bank, otherBank } = subject();
      const { alice, accountId, other } = await oneAccount(subject());
      const flows = async () => ({
        out: codeOf(await bank.pay(alice, { from: accountId, to: other, amount: 1n })),
        hold: codeOf(await bank.place(alice, { from: accountId, to: other, amount: 1n })),
        in: codeOf(await bank.pay(alice, { from: other, to: accountId, amount: 1n })),
        held: codeOf(await bank.place(alice, { from: other, to: accountId, amount: 1n })),
      });
      const free = { out: null, hold: null, in: null, held: null };
      expect(await flows()).toEqual(free);

      const frozen = await bank.ledger.freezeAccount(SYSTEM, { accountId, reason: 'lost card' });
      expect(frozen).toMatchObject({ ok: true, replayed: false, account: { accountId, status: 'frozen' } });
      const stopped = { out: 'source_account_frozen', hold: 'source_account_frozen' };
      expect(await flows()).toEqual({ ...free, ...stopped });
      expect(await otherBank.ledger.getAccount(alice, accountId)).toMatchObject({ status: 'frozen' });

      await otherBank.ledger.freezeAccount(SYSTEM, { accountId, credits: true, reason: 'order of a court' });
      expect(await flows()).toEqual({
        ...stopped,
        in: 'destination_account_frozen',
        held: 'destination_account_frozen',
      });

      await bank.ledger.freezeAccount(SYSTEM, { accountId, reason: 'credits may come' });
      expect(await flows()).toEqual({ ...free, ...stopped });
      expect(await bank.ledger.unfreezeAccount(SYSTEM, { accountId, reason: 'found' })).toMatchObject({
        ok: true,
        account: { status: 'active' },
      });
      expect(await flows()).toEqual(free);
    });

    it('leaves its balance and its holds unchanged', async () => {
      const { bank } = subject();
      const { alice, accountId, other } = await oneAccount(subject());
      await bank.hold(alice, { from: accountId, to: other, amount: 30n });
      await bank.ledger.freezeAccount(SYSTEM, { accountId, credits: true, reason: 'lost card' });
      expect(await bank.stateOf(accountId)).toEqual({ balance: 100n, held: 30n, available: 70n });
    });

    it('excludes it from initial funds that name a user, until it is unfrozen', async () => {
      const { bank } = subject();
      const alice = aCustomer();
      const [oldest, younger] = [await bank.open(alice), await bank.open(alice)];
      const fund = async () => {
        const request = { userId: alice.id, amount: 1n, idempotencyKey: freshId() };
        const result = await bank.ledger.fundAccount(SYSTEM, request);
        return result.ok ? result.transfer.destinationAccountId : result.code;
      };
      expect(await fund()).toBe(oldest);
      await bank.ledger.freezeAccount(SYSTEM, { accountId: oldest, reason: 'lost card' });
      expect(await fund()).toBe(younger);
      const [, funded] = await Promise.all([
        bank.ledger.unfreezeAccount(SYSTEM, { accountId: oldest, reason: 'found' }),
        fund(),
      ]);
      expect([oldest, younger]).toContain(funded);
      expect(await fund()).toBe(oldest);
    });
  });

  describe('the limits of an account', () => {
    it('can be an overdraft, a minimum balance and a maximum balance', async () => {
      const { bank } = subject();
      const { alice, accountId, other } = await oneAccount(subject());
      const limit = (minimumBalance: bigint, maximumBalance: bigint | null) =>
        bank.ledger.limitAccount(SYSTEM, { accountId, minimumBalance, maximumBalance, reason: 'on request' });

      expect(await limit(-50n, 120n)).toMatchObject({
        ok: true,
        account: { accountId, minimumBalance: -50n, maximumBalance: 120n, balance: 100n },
      });
      expect(codeOf(await bank.pay(alice, { from: other, to: accountId, amount: 21n }))).toBe(
        'exceeds_maximum_balance',
      );
      expect(codeOf(await bank.pay(alice, { from: other, to: accountId, amount: 20n }))).toBeNull();
      expect(codeOf(await bank.pay(alice, { from: accountId, to: other, amount: 171n }))).toBe(
        'insufficient_funds',
      );
      expect(codeOf(await bank.pay(alice, { from: accountId, to: other, amount: 170n }))).toBeNull();
      expect(await bank.stateOf(accountId)).toEqual({ balance: -50n, held: 0n, available: -50n });
      await limit(10n, null);
      expect(await bank.ledger.getAccount(alice, accountId)).toMatchObject({
        minimumBalance: 10n,
        maximumBalance: null,
      });
    });

    it('may be set although the balance breaks them, and block that side until the balance complies', async () => {
      const { bank } = subject();
      const { alice, accountId, other } = await oneAccount(subject());
      const limit = (minimumBalance: bigint, maximumBalance: bigint | null) =>
        bank.ledger.limitAccount(SYSTEM, { accountId, minimumBalance, maximumBalance, reason: 'on request' });
      const pay = async (from: string, to: string, amount: bigint) =>
        codeOf(await bank.pay(alice, { from, to, amount }));

      expect(codeOf(await limit(0n, 60n))).toBeNull();
      expect(await pay(other, accountId, 1n)).toBe('exceeds_maximum_balance');
      expect(await pay(accountId, other, 40n)).toBeNull();
      expect(await pay(other, accountId, 1n)).toBe('exceeds_maximum_balance');
      expect(await pay(accountId, other, 1n)).toBeNull();
      expect(await pay(other, accountId, 1n)).toBeNull();

      expect(codeOf(await limit(80n, null))).toBeNull();
      expect(await pay(accountId, other, 1n)).toBe('insufficient_funds');
      expect(await pay(other, accountId, 21n)).toBeNull();
      expect(await pay(accountId, other, 1n)).toBeNull();
      expect(await pay(accountId, other, 1n)).toBe('insufficient_funds');
      expect(await bank.balanceOf(accountId)).toBe(80n);
    });

    it.each([
      ['minimumBalance', { minimumBalance: -9_007_199_254_740_992n, maximumBalance: null }],
      ['maximumBalance', { minimumBalance: 0n, maximumBalance: 9_007_199_254_740_992n }],
      ['maximumBalance', { minimumBalance: 5n, maximumBalance: 4n }],
    ] as const)(
      'are malformed if they are out of bounds or if the minimum exceeds the maximum: %s',
      async (field, limits) => {
        const { bank } = subject();
        const { accountId } = await oneAccount(subject());
        await expect(
          bank.ledger.limitAccount(SYSTEM, { accountId, ...limits, reason: 'on request' }),
        ).rejects.toMatchObject({ facts: { errors: [{ field }] } });
      },
    );

    it('may equal the largest and smallest allowed amount', async () => {
      const { bank } = subject();
      const { accountId } = await oneAccount(subject());
      const limits = { minimumBalance: -9_007_199_254_740_991n, maximumBalance: 9_007_199_254_740_991n };
      expect(await bank.ledger.limitAccount(SYSTEM, { accountId, ...limits, reason: 'trust' })).toMatchObject(
        {
          account: limits,
        },
      );
    });
  });

  describe('closing an account', () => {
    it('is allowed to its owner and the system if it is empty, and is final', async () => {
      const { bank } = subject();
      const alice = aCustomer();
      const [first, second] = [await bank.open(alice), await bank.open(alice)];
      expect(await bank.ledger.closeAccount(alice, { accountId: first })).toMatchObject({
        ok: true,
        account: { accountId: first, status: 'closed' },
      });
      expect(
        codeOf(await bank.ledger.closeAccount(SYSTEM, { accountId: second, reason: 'unused' })),
      ).toBeNull();
      for (const again of [
        bank.ledger.closeAccount(alice, { accountId: first }),
        bank.ledger.freezeAccount(SYSTEM, { accountId: first, reason: 'x' }),
        bank.ledger.unfreezeAccount(SYSTEM, { accountId: first, reason: 'x' }),
        bank.ledger.limitAccount(SYSTEM, {
          accountId: first,
          minimumBalance: 0n,
          maximumBalance: null,
          reason: 'x',
        }),
        bank.ledger.renameAccount(alice, { accountId: first, name: 'x' }),
      ]) {
        expect(await again).toStrictEqual({
          ok: false,
          replayed: false,
          code: 'already_closed',
          retry: 'never',
          transferId: null,
        });
      }
      expect(
        codeOf(
          await bank.pay(SYSTEM, { from: await bank.account(alice, { funds: 1n }), to: first, amount: 1n }),
        ),
      ).toBe('destination_account_closed');
      expect(await bank.ledger.getAccount(alice, first)).toMatchObject({ status: 'closed' });
    });

    it('is refused if its balance is not zero, even if the balance is negative', async () => {
      const { bank } = subject();
      const { alice, accountId, other } = await oneAccount(subject());
      expect(await bank.ledger.closeAccount(alice, { accountId })).toMatchObject({
        ok: false,
        code: 'balance_not_zero',
      });
      const overdrawn = await bank.account(alice, { minimumBalance: -10n });
      await bank.pay(alice, { from: overdrawn, to: other, amount: 1n });
      for (const sweepTo of [undefined, other]) {
        const request = { accountId: overdrawn, ...(sweepTo === undefined ? {} : { sweepTo }) };
        expect(codeOf(await bank.ledger.closeAccount(alice, request))).toBe('balance_not_zero');
      }
    });

    it('is refused for a negative balance before its holds are checked', async () => {
      const { bank } = subject();
      const { alice, other } = await oneAccount(subject());
      const overdrawn = await bank.account(alice, { minimumBalance: -10n });
      await bank.pay(alice, { from: overdrawn, to: other, amount: 1n });
      await bank.hold(alice, { from: overdrawn, to: other, amount: 1n });
      const request = { accountId: overdrawn, sweepTo: other };
      expect(codeOf(await bank.ledger.closeAccount(alice, request))).toBe('balance_not_zero');
    });

    it('is refused while incoming or outgoing holds are pending', async () => {
      const { bank } = subject();
      const alice = aCustomer();
      const [payer, payee] = [await bank.account(alice, { funds: 10n }), await bank.account(alice)];
      const other = await bank.account(alice);
      const transferId = await bank.hold(alice, { from: payer, to: payee, amount: 10n });
      expect(codeOf(await bank.ledger.closeAccount(alice, { accountId: payee }))).toBe('holds_outstanding');
      expect(codeOf(await bank.ledger.closeAccount(alice, { accountId: payer, sweepTo: other }))).toBe(
        'holds_outstanding',
      );
      await bank.void(alice, transferId);
      expect(codeOf(await bank.ledger.closeAccount(alice, { accountId: payee }))).toBeNull();
      expect(codeOf(await bank.ledger.closeAccount(alice, { accountId: payer, sweepTo: other }))).toBeNull();
    });

    it('may sweep the rest to another account of the same owner in one unit, regardless of the minimum balance', async () => {
      const { bank, second } = subject();
      const { alice, accountId, other } = await oneAccount(subject());
      await bank.alter(accountId, { minimumBalance: 40n });
      const balance = await bank.balanceOf(other);
      expect(await bank.ledger.closeAccount(alice, { accountId, sweepTo: other })).toMatchObject({
        ok: true,
        account: { status: 'closed', balance: 0n, held: 0n, available: 0n, minimumBalance: 40n },
      });
      expect(await bank.balanceOf(other)).toBe(balance + 100n);
      expect((await bank.ledger.listTransfers(alice)).items[0]).toMatchObject({
        kind: 'transfer',
        status: 'completed',
        sourceAccountId: accountId,
        destinationAccountId: other,
        amount: 100n,
      });
      const closed = (await second.reads.account(accountId))!;
      expect((await bank.entriesOf(accountId)).at(-1)).toMatchObject({
        sequence: closed.sequence,
        hash: closed.head,
      });
    });

    it('changes nothing if the sweep is refused', async () => {
      const { bank, second } = subject();
      const { alice, accountId } = await oneAccount(subject());
      const transfers = (await bank.ledger.listTransfers(alice)).items.length;
      const before = await second.reads.account(accountId);
      const [dollars, full, closed, frozen] = [
        await bank.account(alice, { currency: 'USD' }),
        await bank.account(alice, { maximumBalance: 99n }),
        await bank.account(alice, { status: 'closed' }),
        await bank.account(alice, { status: 'frozen', creditsFrozen: true }),
      ];
      for (const [sweepTo, code] of [
        [freshId(), 'destination_account_not_found'],
        [await bank.account(aCustomer('Bob')), 'destination_account_not_found'],
        [systemAccountId('funding', 'EUR'), 'destination_account_not_found'],
        [dollars, 'currency_mismatch'],
        [full, 'exceeds_maximum_balance'],
        [closed, 'destination_account_closed'],
        [frozen, 'destination_account_frozen'],
      ] as const) {
        expect(await bank.ledger.closeAccount(alice, { accountId, sweepTo })).toMatchObject({
          ok: false,
          code,
        });
      }
      expect(await second.reads.account(accountId)).toStrictEqual(before);
      expect((await bank.ledger.listTransfers(alice)).items).toHaveLength(transfers);
      await expect(bank.ledger.closeAccount(alice, { accountId, sweepTo: accountId })).rejects.toMatchObject({
        facts: { errors: [{ field: 'sweepTo' }] },
      });
    });

    it('is refused to the owner if the account is frozen', async () => {
      const { bank } = subject();
      const alice = aCustomer();
      const accountId = await bank.account(alice, { status: 'frozen' });
      expect(codeOf(await bank.ledger.closeAccount(alice, { accountId }))).toBe('source_account_frozen');
      expect(
        codeOf(await bank.ledger.closeAccount(SYSTEM, { accountId, reason: 'order of a court' })),
      ).toBeNull();
    });

    it('concurrently with a payment into it never leaves money in a closed account', async () => {
      const { bank, otherBank } = subject();
      const { alice, other } = await oneAccount(subject());
      for (let round = 0; round < 5; round++) {
        const accountId = await bank.open(alice);
        const [closed, paid] = await Promise.all([
          bank.ledger.closeAccount(alice, { accountId }),
          otherBank.pay(alice, { from: other, to: accountId, amount: 1n }),
        ]);
        expect([closed.ok, paid.ok].filter(Boolean)).toHaveLength(1);
        expect(await bank.ledger.getAccount(alice, accountId)).toMatchObject(
          closed.ok ? { status: 'closed', balance: 0n } : { status: 'active', balance: 1n },
        );
      }
    });
  });

  describe('account administration', () => {
    it('is for the system, closing and naming also for the owner; others get account_not_found', async () => {
      const { bank } = subject();
      const { alice, accountId } = await oneAccount(subject());
      const notFound = {
        ok: false,
        replayed: false,
        code: 'account_not_found',
        retry: 'never',
        transferId: null,
      };
      const eve = aCustomer('Eve');
      const { ledger } = bank;
      const asCustomer = alice as never;
      for (const id of [accountId, freshId()]) {
        expect(await ledger.closeAccount(eve, { accountId: id })).toStrictEqual(notFound);
        expect(await ledger.renameAccount(eve, { accountId: id, name: 'x' })).toStrictEqual(notFound);
        expect(await ledger.freezeAccount(asCustomer, { accountId: id, reason: 'x' })).toStrictEqual(
          notFound,
        );
        expect(await ledger.unfreezeAccount(asCustomer, { accountId: id, reason: 'x' })).toStrictEqual(
          notFound,
        );
        const limits = { minimumBalance: -1n, maximumBalance: null };
        expect(
          await ledger.limitAccount(asCustomer, { accountId: id, ...limits, reason: 'x' }),
        ).toStrictEqual(notFound);
      }
      for (const id of [freshId(), 'no id of ours', systemAccountId('funding', 'EUR')]) {
        expect(await ledger.freezeAccount(SYSTEM, { accountId: id, reason: 'x' })).toStrictEqual(notFound);
        expect(await ledger.closeAccount(SYSTEM, { accountId: id })).toStrictEqual(notFound);
      }
      expect(await ledger.renameAccount(alice, { accountId, name: 'Rent' })).toMatchObject({
        ok: true,
        account: { name: 'Rent' },
      });
      expect(await ledger.renameAccount(alice, { accountId, name: null })).toMatchObject({
        account: { name: null },
      });
      expect(await ledger.getAccount(alice, accountId)).toMatchObject({
        name: null,
        minimumBalance: 0n,
        status: 'active',
      });
    });

    it('requires a reason if the system does it', async () => {
      const { bank } = subject();
      const { accountId } = await oneAccount(subject());
      const { ledger } = bank;
      const limits = { minimumBalance: 0n, maximumBalance: null };
      for (const attempt of [
        // A caller in JavaScript may do this
        () => ledger.freezeAccount(SYSTEM, { accountId } as FreezeRequest),
        () => ledger.unfreezeAccount(SYSTEM, { accountId } as UnfreezeRequest),
        () => ledger.limitAccount(SYSTEM, { accountId, ...limits } as LimitsRequest),
        () => ledger.freezeAccount(SYSTEM, { accountId, reason: '' }),
        () => ledger.freezeAccount(SYSTEM, { accountId, reason: 'a\nb' }),
        () => ledger.freezeAccount(SYSTEM, { accountId, reason: 'r'.repeat(281) }),
      ]) {
        await expect((async () => attempt())()).rejects.toMatchObject({
          facts: { errors: [{ field: 'reason' }] },
        });
      }
    });
  });

  describe('the audit log', () => {
    it('records every change of status or limits: who, when, why, and the state before', async () => {
      const { bank, otherBank, clock } = subject();
      const { alice, accountId, other } = await oneAccount(subject());
      const limits = { minimumBalance: -50n, maximumBalance: 500n };
      await bank.ledger.freezeAccount(OPERATOR, { accountId, credits: true, reason: 'Verdacht: „Karte“ 🏦' });
      clock.advance(7);
      await otherBank.ledger.unfreezeAccount(SYSTEM, { accountId, reason: 'cleared' });
      await bank.ledger.limitAccount(OPERATOR, { accountId, ...limits, reason: 'on request' });
      await bank.ledger.closeAccount(alice, { accountId, sweepTo: other });

      const records = (await wholeLog(subject())).filter((record) => record.accountId === accountId);
      const at = clock.now();
      const hash = expect.stringMatching(/^[0-9a-f]{64}$/) as string;
      const operator = { kind: 'system', id: 'operator' };
      const shared = { accountId, transferId: null, hash, sequence: expect.any(Number) as number };
      expect(records).toEqual([
        {
          ...shared,
          at: at - 7,
          actor: operator,
          action: 'account_frozen',
          reason: 'Verdacht: „Karte“ 🏦',
          changes: [
            ['status', 'active', 'frozen'],
            ['creditsFrozen', 'false', 'true'],
          ],
        },
        {
          ...shared,
          at,
          actor: { kind: 'system', id: null },
          action: 'account_unfrozen',
          reason: 'cleared',
          changes: [
            ['status', 'frozen', 'active'],
            ['creditsFrozen', 'true', 'false'],
          ],
        },
        {
          ...shared,
          at,
          actor: operator,
          action: 'account_limited',
          reason: 'on request',
          changes: [
            ['minimumBalance', '0', '-50'],
            ['maximumBalance', null, '500'],
          ],
        },
        {
          ...shared,
          at,
          actor: { kind: 'user', id: alice.id },
          action: 'account_closed',
          reason: null,
          changes: [['status', 'active', 'closed']],
        },
      ]);
    });

    it('is one chain that only grows, even if several clients write concurrently', async () => {
      const { bank, otherBank } = subject();
      const before = await wholeLog(subject());
      const { accountId, other } = await oneAccount(subject());
      await Promise.all(
        Array.from({ length: 20 }, (_, index) => {
          const request = { accountId: index % 3 === 0 ? other : accountId, reason: `reason ${index}` };
          const { ledger } = index % 2 === 0 ? bank : otherBank;
          return index % 4 < 2
            ? ledger.freezeAccount(OPERATOR, request)
            : ledger.unfreezeAccount(OPERATOR, request);
        }),
      );
      const after = await wholeLog(subject());
      expect(after).toHaveLength(before.length + 20);
      expect(after.slice(0, before.length)).toStrictEqual(before);
      let previous = GENESIS_HASH;
      for (const [index, record] of after.entries()) {
        expect(record.sequence).toBe(index + 1);
        previous = auditHash(previous, record, sha256);
        expect(record.hash).toBe(previous);
      }
    });

    it('records no refused command, no replay and no change of a name', async () => {
      const { bank } = subject();
      const { alice, accountId } = await oneAccount(subject());
      const request = { accountId, reason: 'lost card', idempotencyKey: freshId() };
      await bank.ledger.freezeAccount(SYSTEM, request);
      const before = await wholeLog(subject());
      await bank.ledger.freezeAccount(SYSTEM, request);
      await bank.ledger.freezeAccount(SYSTEM, { ...request, reason: 'another' });
      await bank.ledger.freezeAccount(SYSTEM, { accountId: freshId(), reason: 'no such' });
      await bank.ledger.closeAccount(SYSTEM, { accountId });
      await bank.ledger.renameAccount(alice, { accountId, name: 'Rent' });
      expect(await wholeLog(subject())).toStrictEqual(before);
    });

    it('is listed page by page, oldest record first', async () => {
      const { bank, second } = subject();
      const { accountId } = await oneAccount(subject());
      for (let index = 0; index < 5; index++) {
        await bank.ledger.freezeAccount(SYSTEM, { accountId, reason: `reason ${index}` });
      }
      const all = await wholeLog(subject());
      const first = await bank.ledger.listAudit(SYSTEM, { limit: 3 });
      expect(first.items).toStrictEqual(all.slice(0, 3));
      const next = await bank.ledger.listAudit(SYSTEM, { limit: 2, cursor: first.nextCursor! });
      expect(next.items).toStrictEqual(all.slice(3, 5));
      expect(await second.reads.audit({ after: all.length - 1, limit: 10 })).toStrictEqual(all.slice(-1));
      expect(await second.reads.audit({ after: all.length, limit: 10 })).toEqual([]);
    });
  });
}

async function wholeLog({ second }: Subject): Promise<readonly AuditRecord[]> {
  const log: AuditRecord[] = [];
  for (;;) {
    const page = await second.reads.audit({ after: log.at(-1)?.sequence ?? null, limit: 100 });
    if (page.length === 0) return log;
    log.push(...page);
  }
}

/** Opens Alice's account with 100 EUR, and another with plenty. */
async function oneAccount({ bank }: Subject) {
  const alice = aCustomer('Alice');
  const accountId = await bank.account(alice, { funds: 100n });
  return { alice, accountId, other: await bank.account(alice, { funds: 1000n }) };
}
