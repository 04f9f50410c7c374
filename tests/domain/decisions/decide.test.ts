import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/adapters/shared/sha256.ts';
import { Account, systemAccountId } from '../../../src/domain/entities/account.ts';
import { NO_CHANGES } from '../../../src/domain/books/changes.ts';
import { MAX_COUNTER } from '../../../src/domain/money/money.ts';
import { decide } from '../../../src/domain/decisions/decide.ts';
import { Transfer } from '../../../src/domain/entities/transfer.ts';
import type { DecisionContext } from '../../../src/domain/decisions/decision-context.ts';
import { anAccount, JANUARY, transferFacts, UNTOUCHED } from '../../../src/testing/fixtures/builders.ts';
import {
  aBatchCommand,
  aCaptureCommand,
  aFreezeCommand,
  aFundingCommand,
  anOpenCommand,
  anInstruction,
  anUnfreezeCommand,
  aReverseCommand,
  aTransferCommand,
  WholeBooks,
} from '../../../src/testing/fixtures/commands.ts';

const CONTEXT: DecisionContext = { now: JANUARY + 1000, digest: sha256, notify: true, dryRun: false };
const NOTHING = NO_CHANGES;

describe('deciding a transfer', () => {
  it('returns every fact that it creates, and nothing else', () => {
    const source = anAccount({ ownerId: 'alice', balance: 500n, sequence: 3, head: 'ab'.repeat(32) });
    const destination = anAccount({ ownerId: 'bob' });
    const command = aTransferCommand({
      sourceAccountId: source.id,
      destinationAccountId: destination.id,
      description: 'Rent',
      reference: 'INV-17',
      externalId: 'order-17',
      metadata: { order: '17' },
    });
    const { result, changes } = decide(new WholeBooks([source, destination]), [command], CONTEXT);

    const transfer = changes.transfers[0]?.after;
    expect(changes.transfers).toEqual([{ before: null, after: transfer }]);
    expect({ ...transfer }).toStrictEqual({
      id: command.instruction.id,
      kind: 'transfer',
      status: 'completed',
      code: null,
      legs: [
        { accountId: source.id, ownerId: 'alice', direction: 'debit', amount: 100n },
        { accountId: destination.id, ownerId: 'bob', direction: 'credit', amount: 100n },
      ],
      currency: 'EUR',
      exponent: 2,
      initiator: { kind: 'user', id: 'alice' },
      payerName: 'Alice',
      description: 'Rent',
      reference: 'INV-17',
      externalId: 'order-17',
      metadata: { order: '17' },
      salt: command.instruction.salt,
      expiresAt: null,
      reverses: null,
      batchId: null,
      ...UNTOUCHED,
      createdAt: CONTEXT.now,
      completedAt: CONTEXT.now,
    });
    const outcome = {
      kind: 'transferred',
      transfer,
      balances: [{ accountId: source.id, balance: 400n, held: 0n, available: 400n }],
    };
    expect(result).toStrictEqual([{ replayed: false, outcome }]);
    expect(changes.accounts.map(({ before }) => before)).toEqual([source, destination]);
    expect(changes.accounts.map(({ after }) => [after.id, after.balance, after.sequence])).toEqual([
      [source.id, 400n, 4],
      [destination.id, 100n, 1],
    ]);
    expect(changes.entries.map((entry) => [entry.accountId, entry.direction, entry.posted])).toEqual([
      [source.id, 'debit', 100n],
      [destination.id, 'credit', 100n],
    ]);
    expect(changes.entries.map(({ hash }) => hash)).toEqual(changes.accounts.map(({ after }) => after.head));
    expect(changes.records).toStrictEqual([
      { ...command.key, request: command.request, outcome, at: CONTEXT.now },
    ]);
    expect(changes.messages.map(({ id, recipientId }) => [id, recipientId])).toEqual([
      [`${command.instruction.id}.sent`, 'alice'],
      [`${command.instruction.id}.received`, 'bob'],
    ]);
  });

  it('creates no notification if none are wanted', () => {
    const source = anAccount({ ownerId: 'alice', balance: 500n });
    const destination = anAccount();
    const command = aTransferCommand({ sourceAccountId: source.id, destinationAccountId: destination.id });
    const { changes } = decide(new WholeBooks([source, destination]), [command], {
      ...CONTEXT,
      notify: false,
    });
    expect(changes.messages).toEqual([]);
    expect(changes.transfers).toHaveLength(1);
  });

  it.each([
    ['the clock, if it is latest', 1000, 500, 600, 1000],
    ["the source's latest", 1000, 2000, 600, 2000],
    ["the destination's latest", 1000, 2000, 3000, 3000],
  ])('gives all its facts one instant: %s', (_, now, sourceAt, destinationAt, expected) => {
    const source = anAccount({ ownerId: 'alice', balance: 500n, latestAt: sourceAt });
    const destination = anAccount({ latestAt: destinationAt });
    const command = aTransferCommand({ sourceAccountId: source.id, destinationAccountId: destination.id });
    const { changes } = decide(new WholeBooks([source, destination]), [command], { ...CONTEXT, now });

    expect(
      changes.transfers.map(({ after: { createdAt, completedAt } }) => [createdAt, completedAt]),
    ).toEqual([[expected, expected]]);
    expect(changes.entries.map(({ at }) => at)).toEqual([expected, expected]);
    expect(changes.accounts.map(({ after }) => after.latestAt)).toEqual([expected, expected]);
    expect(changes.messages.map(({ at }) => at)).toEqual([expected, expected]);
    expect(changes.records.map(({ at }) => at)).toEqual([now]);
  });

  it('returns a rejection and the record if a rule refuses it', () => {
    const source = anAccount({ ownerId: 'alice', balance: 99n });
    const destination = anAccount();
    const command = aTransferCommand({ sourceAccountId: source.id, destinationAccountId: destination.id });
    const { result, changes } = decide(new WholeBooks([source, destination]), [command], CONTEXT);

    const rejected = changes.transfers[0]?.after;
    const outcome = { kind: 'refused', code: 'insufficient_funds', transfer: rejected };
    expect(rejected).toMatchObject({
      id: command.instruction.id,
      status: 'rejected',
      code: 'insufficient_funds',
    });
    expect(result).toStrictEqual([{ replayed: false, outcome }]);
    expect(changes).toStrictEqual({
      ...NOTHING,
      transfers: [{ before: null, after: rejected }],
      records: [{ ...command.key, request: command.request, outcome, at: CONTEXT.now }],
    });
  });

  it('returns the record alone if an account is not found', () => {
    const command = aTransferCommand();
    const outcome = { kind: 'refused', code: 'source_account_not_found', transfer: null };
    expect(decide(new WholeBooks(), [command], CONTEXT)).toStrictEqual({
      result: [{ replayed: false, outcome }],
      changes: {
        ...NOTHING,
        records: [{ ...command.key, request: command.request, outcome, at: CONTEXT.now }],
      },
    });
  });

  it('returns the recorded outcome of a used key whatever the books now hold, and changes nothing', () => {
    const source = anAccount({ ownerId: 'alice', balance: 500n });
    const destination = anAccount();
    const books = new WholeBooks([source, destination]);
    const command = aTransferCommand({ sourceAccountId: source.id, destinationAccountId: destination.id });
    const first = decide(books, [command], CONTEXT);
    books.write(first.changes);
    books.write({
      ...NOTHING,
      accounts: [{ before: source, after: Account.restore({ ...source, status: 'closed' }) }],
    });

    const again = { ...command, instruction: { ...command.instruction, id: 'another', salt: 'another' } };
    const different = {
      ...again,
      request: { version: 1, fields: [['amount', '101']] },
    } as const;
    expect(decide(books, [again, different], CONTEXT)).toStrictEqual({
      result: [
        { replayed: true, outcome: 'outcome' in first.result[0]! ? first.result[0].outcome : undefined },
        { conflict: { field: 'amount' } },
      ],
      changes: NOTHING,
    });
  });
});

describe('deciding several commands', () => {
  it('lets each command see the changes of those before it', () => {
    const [first, second, third] = [
      anAccount({ ownerId: 'alice', balance: 100n }),
      anAccount({ ownerId: 'alice' }),
      anAccount({ ownerId: 'alice' }),
    ];
    const step = (from: Account, to: Account) =>
      aTransferCommand({ sourceAccountId: from.id, destinationAccountId: to.id });
    const commands = [step(second, third), step(first, second), step(first, third), step(second, third)];
    const { result, changes } = decide(new WholeBooks([first, second, third]), commands, CONTEXT);

    expect(
      result.map((answer) =>
        'outcome' in answer && answer.outcome.kind === 'refused' ? answer.outcome.code : 'done',
      ),
    ).toEqual(['insufficient_funds', 'done', 'insufficient_funds', 'done']);
    expect(changes.accounts.map(({ before, after }) => [before, after.balance, after.sequence])).toEqual([
      [first, 0n, 1],
      [second, 0n, 2],
      [third, 100n, 1],
    ]);
    expect(changes.entries.map(({ accountId, sequence }) => [accountId, sequence])).toEqual([
      [first.id, 1],
      [second.id, 1],
      [second.id, 2],
      [third.id, 1],
    ]);
  });

  it('funds an account that it just opened, by its id and by its owner', () => {
    const open = anOpenCommand({ ownerId: 'alice' });
    const byId = aFundingCommand({ destination: { accountId: open.id }, amount: 3n });
    const byOwner = aFundingCommand({ destination: { ownerId: 'alice', currency: 'EUR' }, amount: 4n });
    const { changes } = decide(new WholeBooks(), [open, byId, byOwner], CONTEXT);

    expect(changes.accounts.map(({ before, after }) => [before, after.id, after.balance])).toEqual([
      [null, open.id, 7n],
      [null, systemAccountId('funding', 'EUR'), 7n],
    ]);
  });

  it("takes the lowest id as a user's oldest account, whichever was opened first", () => {
    const [older, younger] = [anOpenCommand(), anOpenCommand()];
    const fund = aFundingCommand({ destination: { ownerId: 'alice', currency: 'EUR' } });
    const loaded = anAccount({ id: younger.id, ownerId: 'alice' });

    for (const [books, commands] of [
      [new WholeBooks(), [younger, older, fund]],
      [new WholeBooks([loaded]), [older, fund]],
    ] as const) {
      const { changes } = decide(books, commands, CONTEXT);
      expect(changes.transfers.map(({ after: { destination } }) => destination.accountId)).toEqual([
        older.id,
      ]);
    }
  });

  it("skips a user's accounts in other currencies", () => {
    const euros = anOpenCommand({ currency: 'EUR' });
    const commands = [
      anOpenCommand({ currency: 'USD' }),
      euros,
      aFundingCommand({ destination: { ownerId: 'alice', currency: 'EUR' } }),
    ];
    const { changes } = decide(new WholeBooks(), commands, CONTEXT);
    expect(changes.transfers.map(({ after: { destination } }) => destination.accountId)).toEqual([euros.id]);
  });

  it('replays a key that an earlier command used, and detects a conflict with it', () => {
    const command = anOpenCommand();
    const another = {
      ...anOpenCommand(),
      key: command.key,
      request: { version: 1, fields: [['ownerId', 'bob']] },
    } as const;
    const { result, changes } = decide(
      new WholeBooks(),
      [command, { ...command, id: 'b' }, another],
      CONTEXT,
    );

    expect(result).toMatchObject([
      { replayed: false, outcome: { account: { id: command.id } } },
      { replayed: true, outcome: { account: { id: command.id } } },
      { conflict: { field: 'ownerId' } },
    ]);
    expect(changes.accounts.map(({ after }) => after.id)).toEqual([command.id]);
    expect(changes.records).toHaveLength(1);
  });

  it('counts the accounts that earlier commands opened', () => {
    const open = () => anOpenCommand({ ownerId: 'alice', accountLimit: 3, key: null });
    const books = new WholeBooks([anAccount({ ownerId: 'alice', status: 'closed' })]);
    const { result, changes } = decide(books, [open(), open(), open()], CONTEXT);

    expect(result).toMatchObject([
      { outcome: { kind: 'opened' } },
      { outcome: { kind: 'opened' } },
      { outcome: { kind: 'refused', code: 'account_limit_reached', transfer: null } },
    ]);
    expect(changes.accounts).toHaveLength(2);
    expect(changes.records).toEqual([]);
  });
});

describe('deciding initial funds', () => {
  it('succeeds for an account in a withdrawn currency, with the exponent it was opened with', () => {
    const account = anAccount({ currency: 'HRK', exponent: 2 });
    const books = new WholeBooks([account]);
    const fund = () => {
      const command = aFundingCommand({ destination: { accountId: account.id } });
      const { result, changes } = decide(books, [command], CONTEXT);
      books.write(changes);
      return result;
    };

    const transferred = { outcome: { kind: 'transferred', transfer: { currency: 'HRK', exponent: 2 } } };
    expect([fund(), fund()]).toMatchObject([[transferred], [transferred]]);
    expect(books.account(systemAccountId('funding', 'HRK'))).toMatchObject({ exponent: 2, balance: 200n });
  });
});

describe('deciding if one account is ahead of the clock', () => {
  const EXPIRY = CONTEXT.now + 50;

  /** A hold of Alice's for Bob that is due by Bob's latest entry, and not yet by the clock or by hers. */
  function dueOnOneSide() {
    const source = anAccount({
      ownerId: 'alice',
      counters: { debitsPosted: 0n, creditsPosted: 500n, debitsPending: 100n, creditsPending: 0n },
      sequence: 7,
      nextExpiryAt: EXPIRY,
    });
    const destination = anAccount({
      ownerId: 'bob',
      counters: { debitsPosted: 0n, creditsPosted: 500n, debitsPending: 0n, creditsPending: 100n },
      sequence: 3,
      latestAt: EXPIRY + 10,
      nextExpiryAt: EXPIRY,
    });
    const facts = transferFacts({ source: source.id, destination: destination.id });
    const hold = Transfer.hold({ ...facts, expiresAt: EXPIRY }, JANUARY);
    const paid = Transfer.complete(
      transferFacts({ source: source.id, destination: destination.id }),
      JANUARY,
    );
    return { source, destination, hold, books: new WholeBooks([source, destination], [hold, paid]), paid };
  }

  it('writes due expiries and a transfer, each with its own sequence', () => {
    const { source, destination, books } = dueOnOneSide();
    const command = aTransferCommand({ sourceAccountId: source.id, destinationAccountId: destination.id });
    const { changes } = decide(books, [command], CONTEXT);
    expect(changes.entries.map(({ accountId, sequence, step }) => [accountId, sequence, step])).toEqual([
      [source.id, 8, 'expired'],
      [destination.id, 4, 'expired'],
      [source.id, 9, 'completed'],
      [destination.id, 5, 'completed'],
    ]);
    expect(changes.accounts.map(({ after }) => [after.sequence, after.balance, after.held])).toEqual([
      [9, 400n, 0n],
      [5, 600n, 0n],
    ]);
  });

  it('writes due expiries before a reversal too', () => {
    const { source, destination, books, paid } = dueOnOneSide();
    const { changes } = decide(books, [aReverseCommand({ transferId: paid.id })], CONTEXT);
    const own = changes.entries.map(({ accountId, sequence, step }) => [accountId, sequence, step]);
    expect(own).toHaveLength(4);
    expect(own).toEqual(
      expect.arrayContaining([
        [source.id, 8, 'expired'],
        [destination.id, 4, 'expired'],
        [source.id, 9, 'completed'],
        [destination.id, 5, 'completed'],
      ]),
    );
  });

  it('treats a hold as expired at the instant that the decision writes', () => {
    const { source, destination, hold, books } = dueOnOneSide();
    const command = aTransferCommand({
      sourceAccountId: source.id,
      destinationAccountId: destination.id,
      amount: 500n,
    });
    const { result } = decide(books, [command], CONTEXT);
    expect(result).toMatchObject([{ outcome: { kind: 'transferred' } }]);

    const [payer, elsewhere, ahead] = [
      anAccount({ ...source, id: 'payer', name: null, nextExpiryAt: EXPIRY }),
      anAccount({ ...destination, id: 'elsewhere', latestAt: JANUARY, name: null }),
      anAccount({ latestAt: EXPIRY }),
    ];
    const facts = transferFacts({ source: payer.id, destination: elsewhere.id });
    const pending = Transfer.hold({ ...facts, expiresAt: EXPIRY }, JANUARY);
    const whole = aTransferCommand({
      sourceAccountId: payer.id,
      destinationAccountId: ahead.id,
      amount: 500n,
    });
    const apart = new WholeBooks([payer, elsewhere, ahead], [pending]);
    expect(decide(apart, [whole], CONTEXT).result).toMatchObject([{ outcome: { kind: 'transferred' } }]);

    const capture = aCaptureCommand({ transferId: hold.id });
    expect(decide(books, [capture], CONTEXT).result).toMatchObject([
      { outcome: { kind: 'refused', code: 'hold_expired' } },
    ]);
  });
});

describe("deciding several commands that change each other's accounts", () => {
  it('expires a hold from an earlier command if an account ahead of the clock makes it due', () => {
    const source = anAccount({ ownerId: 'alice', balance: 500n });
    const destination = anAccount({ ownerId: 'bob' });
    const ahead = anAccount({ latestAt: CONTEXT.now + 100 });
    const commands = [
      aTransferCommand({
        sourceAccountId: source.id,
        destinationAccountId: destination.id,
        amount: 400n,
        hold: { at: CONTEXT.now + 50 },
      }),
      aTransferCommand({ sourceAccountId: source.id, destinationAccountId: ahead.id, amount: 1n }),
      aTransferCommand({ sourceAccountId: source.id, destinationAccountId: destination.id, amount: 499n }),
    ];
    const { result, changes } = decide(new WholeBooks([source, destination, ahead]), commands, CONTEXT);
    expect(result.map((answer) => 'outcome' in answer && answer.outcome.kind)).toEqual([
      'transferred',
      'transferred',
      'transferred',
    ]);
    const own = changes.entries.filter(({ accountId }) => accountId === source.id);
    expect(own.map(({ sequence, step }) => [sequence, step])).toEqual([
      [1, 'held'],
      [2, 'expired'],
      [3, 'completed'],
      [4, 'completed'],
    ]);
  });

  it("takes an account that an earlier command unfroze as a user's oldest active one", () => {
    const frozen = anAccount({ ownerId: 'alice', status: 'frozen' });
    const younger = anAccount({ ownerId: 'alice' });
    const commands = [
      anUnfreezeCommand({ accountId: frozen.id }),
      aFundingCommand({ destination: { ownerId: 'alice', currency: 'EUR' } }),
      aFreezeCommand({ accountId: frozen.id }),
      aFundingCommand({ destination: { ownerId: 'alice', currency: 'EUR' } }),
    ];
    const { changes } = decide(new WholeBooks([frozen, younger]), commands, CONTEXT);
    expect(changes.transfers.map(({ after: { destination } }) => destination.accountId)).toEqual([
      frozen.id,
      younger.id,
    ]);
  });

  it('counts an account that an earlier command unfroze once', () => {
    const frozen = anAccount({ ownerId: 'alice', status: 'frozen' });
    const commands = [
      anUnfreezeCommand({ accountId: frozen.id }),
      anOpenCommand({ accountLimit: 2 }),
      anOpenCommand({ accountLimit: 2 }),
    ];
    const { result } = decide(new WholeBooks([frozen]), commands, CONTEXT);
    expect(result.slice(1)).toMatchObject([
      { outcome: { kind: 'opened' } },
      { outcome: { kind: 'refused', code: 'account_limit_reached' } },
    ]);
  });
});

describe('the bound of counters', () => {
  it('covers pending amounts, since a capture checks no limit again', () => {
    const source = anAccount({
      ownerId: 'alice',
      minimumBalance: -1000n,
      counters: {
        debitsPosted: MAX_COUNTER - 100n,
        creditsPosted: MAX_COUNTER,
        debitsPending: 0n,
        creditsPending: 0n,
      },
    });
    const destination = anAccount();
    const order = (amount: bigint) =>
      anInstruction({
        sourceAccountId: source.id,
        destinationAccountId: destination.id,
        amount,
        hold: { inSeconds: 60 },
      });
    const batch = aBatchCommand({ instructions: [order(60n), order(41n), order(40n)] });
    const { result } = decide(new WholeBooks([source, destination]), [batch], CONTEXT);
    expect(result).toMatchObject([
      {
        outcome: {
          members: [
            { kind: 'transferred' },
            { kind: 'refused', code: 'amount_overflow' },
            { kind: 'transferred' },
          ],
        },
      },
    ]);
  });
});
