import { describe, expect, it } from 'vitest';
import { userTransfers } from '../../application/transfers/user-transfers.ts';
import type { Actor } from '../../domain/actor.ts';
import type { Ledger } from '../../index.ts';
import { codeOf, SYSTEM, transferIdOf } from '../fixtures/bank.ts';
import { aCustomer, freshId } from '../fixtures/builders.ts';
import type { Customer } from '../fixtures/builders.ts';
import type { Subject } from './subject.ts';

type People = {
  readonly alice: Customer;
  readonly bob: Customer;
  readonly from: string;
  readonly to: string;
  readonly yen: string;
  readonly hold: string;
  readonly paid: string;
  readonly empty: string;
  /** Sequence of the last audit record before the test. */
  readonly audited: number;
};

/** A field of a request, and another value for it. */
type Change = readonly [field: string, value: (people: People) => unknown];

type Operation = {
  readonly name: string;
  readonly actor?: 'alice' | 'bob';
  readonly send: (ledger: Ledger, actor: never, request: never) => Promise<{ readonly replayed: boolean }>;
  /** The request without its key. */
  readonly request: (people: People) => object;
  /** A request that a rule refuses. */
  readonly refused: (people: People) => object;
  /** The code of that refusal. Null if no rule can refuse the operation. */
  readonly code: string | null;
  /** Fields in the order in which a difference is named. */
  readonly fields: readonly Change[];
};

const text = (field: string): Change => [field, () => 'another text'];
const id = (field: string): Change => [field, () => freshId()];
const amount = (field = 'amount'): Change => [field, () => 99n];

const OPERATIONS: readonly Operation[] = [
  {
    name: 'a transfer',
    actor: 'alice',
    send: (ledger, actor, request) => ledger.transferFunds(actor, request),
    request: ({ from, to }) => ({ sourceAccountId: from, destinationAccountId: to, amount: 5n }),
    refused: ({ from, to }) => ({ sourceAccountId: from, destinationAccountId: to, amount: 5000n }),
    code: 'insufficient_funds',
    fields: [
      id('sourceAccountId'),
      id('destinationAccountId'),
      amount(),
      text('description'),
      ['metadata', () => ({ a: '1' })],
      ['pending', () => true],
    ],
  },
  {
    name: 'a hold',
    actor: 'alice',
    send: (ledger, actor, request) => ledger.transferFunds(actor, request),
    request: ({ from, to }) => ({
      sourceAccountId: from,
      destinationAccountId: to,
      amount: 5n,
      pending: true,
      expiresInSeconds: 60,
    }),
    refused: ({ from, to }) => ({
      sourceAccountId: from,
      destinationAccountId: to,
      amount: 5000n,
      pending: true,
      expiresInSeconds: 60,
    }),
    code: 'insufficient_funds',
    fields: [amount(), ['expiresInSeconds', () => 61]],
  },
  {
    name: 'a transfer with several legs',
    actor: 'alice',
    send: (ledger, actor, request) => ledger.transferFunds(actor, request),
    request: ({ from, to, empty }) => ({ legs: legs(from, [to, 3n], [empty, 2n]) }),
    refused: ({ from, to, empty }) => ({ legs: legs(from, [to, 3000n], [empty, 2n]) }),
    code: 'insufficient_funds',
    fields: [['legs', ({ from, to, empty }) => legs(from, [to, 2n], [empty, 3n])]],
  },
  {
    name: 'a batch',
    actor: 'alice',
    send: (ledger, actor, request) => ledger.submitBatch(actor, request),
    request: ({ from, to }) => ({
      transfers: [{ sourceAccountId: from, destinationAccountId: to, amount: 5n }],
    }),
    refused: ({ from, to }) => ({
      transfers: [{ sourceAccountId: from, destinationAccountId: to, amount: 5000n }],
      linked: true,
    }),
    code: null,
    fields: [
      ['transfers', ({ from, to }) => [{ sourceAccountId: from, destinationAccountId: to, amount: 6n }]],
      ['linked', () => true],
    ],
  },
  {
    name: 'a capture',
    actor: 'bob',
    send: (ledger, actor, request) => ledger.captureHold(actor, request),
    request: ({ hold }) => ({ transferId: hold, amount: 4n }),
    refused: ({ hold }) => ({ transferId: hold, amount: 5000n }),
    code: 'exceeds_hold_amount',
    fields: [id('transferId'), amount()],
  },
  {
    name: 'a void',
    actor: 'bob',
    send: (ledger, actor, request) => ledger.voidHold(actor, request),
    request: ({ hold }) => ({ transferId: hold }),
    refused: ({ paid }) => ({ transferId: paid }),
    code: 'transfer_not_pending',
    fields: [id('transferId')],
  },
  {
    name: 'a reversal',
    actor: 'bob',
    send: (ledger, actor, request) => ledger.reverseTransfer(actor, request),
    request: ({ paid }) => ({ transferId: paid, amount: 4n }),
    refused: ({ paid }) => ({ transferId: paid, amount: 5000n }),
    code: 'exceeds_reversible_amount',
    fields: [id('transferId'), amount(), text('description')],
  },
  {
    name: 'initial funds',
    send: (ledger, actor, request) => ledger.fundAccount(actor, request),
    request: ({ from }) => ({ destinationAccountId: from, amount: 5n }),
    refused: ({ from }) => ({ destinationAccountId: from, amount: 5n, currency: 'USD' }),
    code: 'currency_mismatch',
    fields: [id('destinationAccountId'), amount(), ['currency', () => 'EUR'], text('description')],
  },
  {
    name: 'a withdrawal',
    send: (ledger, actor, request) => ledger.withdrawFunds(actor, request),
    request: ({ from }) => ({ sourceAccountId: from, amount: 5n }),
    refused: ({ from }) => ({ sourceAccountId: from, amount: 5000n }),
    code: 'insufficient_funds',
    fields: [id('sourceAccountId'), amount(), ['currency', () => 'EUR'], text('description')],
  },
  {
    name: 'an exchange',
    send: (ledger, actor, request) => ledger.exchangeFunds(actor, request),
    request: ({ from, yen }) => ({
      sourceAccountId: from,
      destinationAccountId: yen,
      sourceAmount: 5n,
      destinationAmount: 8n,
    }),
    refused: ({ from, yen }) => ({
      sourceAccountId: from,
      destinationAccountId: yen,
      sourceAmount: 5000n,
      destinationAmount: 8n,
    }),
    code: null,
    fields: [
      id('sourceAccountId'),
      id('destinationAccountId'),
      amount('sourceAmount'),
      amount('destinationAmount'),
      text('description'),
    ],
  },
  {
    name: 'an opening',
    actor: 'alice',
    send: (ledger, actor, request) => ledger.openAccount(actor, request),
    request: () => ({ name: 'Rent' }),
    refused: () => ({ name: 'Rent' }),
    code: null,
    fields: [
      ['currency', () => 'USD'],
      ['name', () => 'Savings'],
    ],
  },
  {
    name: 'a freezing',
    send: (ledger, actor, request) => ledger.freezeAccount(actor, request),
    request: ({ from }) => ({ accountId: from, reason: 'lost card' }),
    refused: () => ({ accountId: freshId(), reason: 'lost card' }),
    code: 'account_not_found',
    fields: [id('accountId'), ['credits', () => true], text('reason')],
  },
  {
    name: 'an unfreezing',
    send: (ledger, actor, request) => ledger.unfreezeAccount(actor, request),
    request: ({ from }) => ({ accountId: from, reason: 'found' }),
    refused: () => ({ accountId: freshId(), reason: 'found' }),
    code: 'account_not_found',
    fields: [id('accountId'), text('reason')],
  },
  {
    name: 'a change of limits',
    send: (ledger, actor, request) => ledger.limitAccount(actor, request),
    request: ({ from }) => ({
      accountId: from,
      minimumBalance: -5n,
      maximumBalance: null,
      reason: 'on request',
    }),
    refused: () => ({
      accountId: freshId(),
      minimumBalance: -5n,
      maximumBalance: null,
      reason: 'on request',
    }),
    code: 'account_not_found',
    fields: [id('accountId'), ['minimumBalance', () => -6n], ['maximumBalance', () => 600n], text('reason')],
  },
  {
    name: 'a closing',
    actor: 'alice',
    send: (ledger, actor, request) => ledger.closeAccount(actor, request),
    request: ({ empty }) => ({ accountId: empty }),
    refused: ({ from }) => ({ accountId: from }),
    code: 'balance_not_zero',
    fields: [id('accountId'), id('sweepTo'), text('reason')],
  },
];

export function describeDuplicates(subject: () => Subject): void {
  describe.each(OPERATIONS)('$name sent twice', ({ actor, send, request, refused, code, fields }) => {
    const who = (people: People): Actor => (actor ? people[actor] : SYSTEM);

    it('concurrently has one effect, and both callers get the same answer', async () => {
      const { bank, otherBank } = subject();
      const people = await aStage(subject());
      const before = await effects(subject(), people);
      const sent = { ...request(people), idempotencyKey: freshId() };
      const results = await Promise.all(
        [bank, otherBank, bank, otherBank].map(({ ledger }) =>
          send(ledger, who(people) as never, sent as never),
        ),
      );
      const first = results.find(({ replayed }) => !replayed)!;
      expect(results.filter(({ replayed }) => !replayed)).toHaveLength(1);
      for (const again of results) expect(asReplay(again)).toStrictEqual(asReplay(first));

      const after = await effects(subject(), people);
      const plain = await aStage(subject());
      const plainBefore = await effects(subject(), plain);
      await send(bank.ledger, who(plain) as never, { ...request(plain), idempotencyKey: freshId() } as never);
      expect(difference(before, after)).toEqual(difference(plainBefore, await effects(subject(), plain)));
    });

    it('later gives the first answer, even after the accounts have changed', async () => {
      const { bank, otherBank, clock } = subject();
      const people = await aStage(subject());
      const sent = { ...request(people), idempotencyKey: freshId() };
      const first = await send(bank.ledger, who(people) as never, sent as never);
      expect(first).toMatchObject({ ok: true, replayed: false });
      for (const accountId of [people.from, people.to, people.empty, people.yen]) {
        await bank.alter(accountId, { status: 'closed' });
      }
      clock.advance(8 * 86_400_000);
      await bank.sweep();
      const before = await effects(subject(), people);
      expect(await send(otherBank.ledger, who(people) as never, sent as never)).toStrictEqual(
        asReplay(first),
      );
      expect(await effects(subject(), people)).toEqual(before);
    });

    // An operation that no rule can refuse has no such test
    for (const refusal of code === null ? [] : [code]) {
      it(`stays refused after a refusal: ${refusal}`, async () => {
        const { bank, otherBank } = subject();
        const people = await aStage(subject());
        const sent = { ...refused(people), idempotencyKey: freshId() };
        const first = await send(bank.ledger, who(people) as never, sent as never);
        expect(first).toMatchObject({ ok: false, replayed: false, code });
        await bank.fund(people.from, 100_000n);
        await bank.alter(people.from, { status: 'active', maximumBalance: null });
        expect(await send(otherBank.ledger, who(people) as never, sent as never)).toStrictEqual(
          asReplay(first),
        );
      });
    }

    it('with another value of a field is a conflict that names the field, and does nothing', async () => {
      const { bank, otherBank } = subject();
      const people = await aStage(subject());
      const sent = { ...request(people), idempotencyKey: freshId() };
      await send(bank.ledger, who(people) as never, sent as never);
      const before = await effects(subject(), people);
      for (const [index, [field, value]] of fields.entries()) {
        // All later fields differ too, because the error names the first one
        const later = fields.slice(index).filter(([one]) => one !== 'pending' || field === 'pending');
        const changed = Object.fromEntries(later.map(([one, other]) => [one, other(people)]));
        const again = { ...sent, ...changed, [field]: value(people) };
        expect(await send(otherBank.ledger, who(people) as never, again as never)).toStrictEqual({
          ok: false,
          replayed: false,
          code: 'idempotency_key_reused',
          retry: 'never',
          transferId: null,
          field,
        });
      }
      expect(await effects(subject(), people)).toEqual(before);
    });

    it('by another actor is another request, except that operators share the ledger’s keys', async () => {
      const { bank } = subject();
      const people = await aStage(subject());
      const sent = { ...request(people), idempotencyKey: freshId() };
      await send(bank.ledger, who(people) as never, sent as never);
      const other: Actor = actor ? aCustomer('Eve') : { kind: 'system', id: freshId() };
      const result = await send(bank.ledger, other as never, sent as never);
      expect(result.replayed).toBe(actor === undefined);
    });

    it('with a malformed key does nothing', async () => {
      const { bank } = subject();
      const people = await aStage(subject());
      const before = await effects(subject(), people);
      for (const idempotencyKey of ['', 'ü', 'k'.repeat(256), 'a\n']) {
        const sent = { ...request(people), idempotencyKey };
        await expect(send(bank.ledger, who(people) as never, sent as never)).rejects.toMatchObject({
          code: 'invalid_request',
          facts: { errors: [{ field: 'idempotencyKey' }] },
        });
      }
      expect(await effects(subject(), people)).toEqual(before);
    });
  });

  describe('one key', () => {
    it('is a separate key for each operation', async () => {
      const { bank } = subject();
      const idempotencyKey = freshId();
      for (const { actor, send, request } of OPERATIONS) {
        const people = await aStage(subject());
        const by: Actor = actor ? people[actor] : { kind: 'system', scope: idempotencyKey };
        const result = await send(bank.ledger, by as never, { ...request(people), idempotencyKey } as never);
        expect(result.replayed).toBe(false);
      }
    });

    it('of a hold still answers with a pending hold, although a read shows the current state', async () => {
      const { bank } = subject();
      const { alice, bob, from, to } = await aStage(subject());
      const idempotencyKey = freshId();
      const request = {
        sourceAccountId: from,
        destinationAccountId: to,
        amount: 5n,
        pending: true,
        idempotencyKey,
      };
      const first = await bank.ledger.transferFunds(alice, request);
      const capture = { transferId: transferIdOf(first), idempotencyKey: freshId() };
      const captured = await bank.ledger.captureHold(bob, capture);
      await bank.reverse(bob, capture.transferId, 2n);

      expect(await bank.ledger.transferFunds(alice, request)).toStrictEqual(asReplay(first));
      expect(await bank.ledger.captureHold(bob, capture)).toStrictEqual(asReplay(captured));
      expect(await bank.ledger.findTransferByKey(alice, idempotencyKey)).toMatchObject({
        transfer: { status: 'completed', amountCaptured: 5n, amountReversed: 2n },
      });
      expect(codeOf(await bank.ledger.captureHold(bob, { ...capture, idempotencyKey: freshId() }))).toBe(
        'already_completed',
      );
    });

    it('is still replayed after the instant in its request has passed', async () => {
      const { bank, clock } = subject();
      const { alice, from, to } = await aStage(subject());
      const request = {
        sourceAccountId: from,
        destinationAccountId: to,
        amount: 5n,
        pending: true,
        expiresAt: clock.now() + 1000,
        idempotencyKey: freshId(),
      };
      const first = await bank.ledger.transferFunds(alice, request);
      clock.advance(2000);
      expect(await bank.ledger.transferFunds(alice, request)).toStrictEqual(asReplay(first));
    });
  });
}

function legs(from: string, ...credits: readonly (readonly [accountId: string, amount: bigint])[]) {
  const total = credits.reduce((sum, [, part]) => sum + part, 0n);
  return [
    { accountId: from, direction: 'debit', amount: total },
    ...credits.map(([accountId, part]) => ({ accountId, direction: 'credit', amount: part })),
  ];
}

/** The answer to a repeated request. */
function asReplay(answer: object): object {
  const members = 'members' in answer ? (answer.members as readonly object[]) : undefined;
  return {
    ...answer,
    replayed: true,
    ...(members ? { members: members.map((member) => ({ ...member, replayed: true })) } : {}),
  };
}

type Effects = Readonly<Record<string, bigint>>;

/** Counts and balances that show every effect of a command. */
async function effects({ second }: Subject, people: People): Promise<Effects> {
  const page = { after: null, limit: 200 };
  const accounts = ['from', 'to', 'yen', 'empty'] as const;
  const counted = await Promise.all(
    accounts.map(async (name) => {
      const account = (await second.reads.account(people[name]))!;
      return [
        [`balance of ${name}`, account.balance],
        [`held of ${name}`, account.held],
        [`incoming of ${name}`, account.incoming],
        [`entries of ${name}`, BigInt(account.sequence)],
        [`status of ${name}`, BigInt(['active', 'frozen', 'closed'].indexOf(account.status))],
        [`minimum of ${name}`, account.minimumBalance ?? 1n],
      ] as const;
    }),
  );
  const hers = await second.reads.accountsOf(people.alice.id, page);
  const transfers = await userTransfers(second.reads, people.alice.id, { before: null, limit: 200 });
  const his = await userTransfers(second.reads, people.bob.id, { before: null, limit: 200 });
  const log = (await second.reads.audit({ after: people.audited, limit: 1_000 })).filter(({ accountId }) =>
    accounts.some((name) => people[name] === accountId),
  );
  return Object.fromEntries([
    ...counted.flat(),
    ['accounts of Alice', BigInt(hers.length)],
    ['transfers of Alice', BigInt(transfers.length)],
    ['transfers of Bob', BigInt(his.length)],
    ['audit records', BigInt(log.length)],
  ]);
}

function difference(before: Effects, after: Effects): Effects {
  return Object.fromEntries(
    Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0n)]),
  );
}

async function aStage({ bank, store }: Subject): Promise<People> {
  const [alice, bob] = [aCustomer('Alice'), aCustomer('Bob')];
  const [from, to, yen, empty] = await Promise.all([
    bank.account(alice, { funds: 1000n }),
    bank.account(bob),
    bank.account(alice, { currency: 'JPY' }),
    bank.account(alice),
  ]);
  const paid = transferIdOf(await bank.pay(alice, { from, to, amount: 50n }));
  const hold = await bank.hold(alice, { from, to, amount: 30n });
  const head = await store.scan.atOnce(async ({ auditHead }) => auditHead);
  return { alice, bob, from, to, paid, hold, yen, empty, audited: head?.sequence ?? 0 };
}
