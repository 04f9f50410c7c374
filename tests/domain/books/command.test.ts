import { describe, expect, it } from 'vitest';
import { freshNumber } from '../../../src/testing/fixtures/builders.ts';
import { prefetchFor } from '../../../src/domain/books/prefetch.ts';
import {
  aBatchCommand,
  aCaptureCommand,
  aCloseCommand,
  aFreezeCommand,
  aFundingCommand,
  aLimitCommand,
  anOpenCommand,
  anInstruction,
  anUnfreezeCommand,
  aReverseCommand,
  aTransferCommand,
  aVoidCommand,
} from '../../../src/testing/fixtures/commands.ts';

const DUE = 1_768_471_200_000;

const NOTHING = {
  accountIds: [],
  transferIds: [],
  purposes: [],
  activeAccounts: [],
  identifiers: [],
  activeCount: 1,
  ownerIds: [],
  keys: [],
  holdsDueBy: DUE,
  auditHead: false,
};

describe('the prefetch of commands', () => {
  it('is empty without commands', () => {
    expect(prefetchFor([], DUE)).toEqual(NOTHING);
  });

  it('has both accounts and the key of a transfer', () => {
    const command = aTransferCommand({ sourceAccountId: 'a', destinationAccountId: 'b' });
    expect(prefetchFor([command], DUE)).toEqual({
      ...NOTHING,
      accountIds: ['a', 'b'],
      purposes: [],
      activeAccounts: [],
      ownerIds: [],
      keys: [command.key],
    });
  });

  it("has the account, the bank's funding account and the key of initial funds", () => {
    const command = aFundingCommand({ destination: { accountId: 'a' } });
    expect(prefetchFor([command], DUE)).toEqual({
      ...NOTHING,
      accountIds: ['a'],
      purposes: ['funding'],
      activeAccounts: [],
      ownerIds: [],
      keys: [command.key],
    });
  });

  it("has a user's oldest active account in a currency if initial funds name a user", () => {
    const destinations = [
      { ownerId: 'alice', currency: 'EUR' },
      { ownerId: 'alice', currency: 'USD' },
      { ownerId: 'bob', currency: 'EUR' },
    ];
    const commands = destinations.map((destination) => aFundingCommand({ destination }));
    expect(prefetchFor(commands, DUE)).toEqual({
      ...NOTHING,
      accountIds: [],
      purposes: ['funding'],
      activeAccounts: destinations,
      ownerIds: [],
      keys: commands.map(({ key }) => key),
    });
  });

  it("has an owner's number of accounts for an opening, and a key only if there is one", () => {
    const keyed = anOpenCommand({ ownerId: 'alice' });
    const keyless = anOpenCommand({ ownerId: 'bob', key: null });
    expect(prefetchFor([keyed, keyless], DUE)).toEqual({
      ...NOTHING,
      accountIds: [],
      purposes: [],
      activeAccounts: [],
      ownerIds: ['alice', 'bob'],
      keys: [keyed.key],
      identifiers: [keyed, keyless].map(({ number: value }) => ({ kind: 'account_number', value })),
    });
  });

  it('has every account of every leg of a batch, and its one key', () => {
    const command = aBatchCommand({
      instructions: [
        anInstruction({ sourceAccountId: 'a', destinationAccountId: 'b' }),
        anInstruction({
          legs: [
            { account: { accountId: 'c' }, direction: 'debit', amount: 2n },
            { account: { accountId: 'a' }, direction: 'credit', amount: 1n },
            { account: { purpose: 'exchange' }, direction: 'credit', amount: 1n },
          ],
        }),
      ],
    });
    expect(prefetchFor([command], DUE)).toEqual({
      ...NOTHING,
      accountIds: ['a', 'b', 'c'],
      purposes: ['exchange'],
      keys: [command.key],
    });
  });

  it('has the transfer to capture, void or reverse, and the key', () => {
    const commands = [
      aCaptureCommand({ transferId: 't' }),
      aVoidCommand({ transferId: 'u' }),
      aReverseCommand({ transferId: 't' }),
    ];
    expect(prefetchFor(commands, DUE)).toEqual({
      ...NOTHING,
      transferIds: ['t', 'u'],
      keys: commands.map(({ key }) => key),
    });
  });

  it('has the account to administer, the end of the audit log, and further active accounts as replacements for the oldest', () => {
    const commands = [
      aFreezeCommand({ accountId: 'a' }),
      anUnfreezeCommand({ accountId: 'a' }),
      aLimitCommand({ accountId: 'b' }),
      aCloseCommand({ accountId: 'c', sweep: { accountId: 'd', id: 'x', salt: 'y' } }),
    ];
    const { activeCount, accountIds, ...rest } = prefetchFor(commands, DUE);
    expect(accountIds.toSorted()).toEqual(['a', 'b', 'c', 'd']);
    expect(activeCount).toBeGreaterThanOrEqual(3);
    expect(rest).toEqual({
      transferIds: [],
      purposes: [],
      activeAccounts: [],
      ownerIds: [],
      keys: commands.map(({ key }) => key),
      identifiers: [],
      holdsDueBy: DUE,
      auditHead: true,
    });
  });

  it('has the numbers and external ids that must be free', () => {
    const number = freshNumber();
    const commands = [
      anOpenCommand({ number, externalId: 'a' }),
      aTransferCommand({ externalId: 'b' }),
      aReverseCommand({ transferId: 't', externalId: 'b' }),
    ];
    expect(prefetchFor(commands, DUE).identifiers).toEqual([
      { kind: 'account_number', value: number },
      { kind: 'account_external_id', value: 'a' },
      { kind: 'transfer_external_id', value: 'b' },
    ]);
  });

  it('has the account alone for an expiry and for a renaming', () => {
    const shared = { actor: { kind: 'system' }, key: null, request: { version: 1, fields: [] } } as const;
    expect(
      prefetchFor(
        [
          { ...shared, type: 'expire', accountId: 'a' },
          { ...shared, type: 'rename', accountId: 'b', name: null, reason: null },
        ],
        DUE,
      ),
    ).toEqual({ ...NOTHING, accountIds: ['a', 'b'] });
  });

  it('has no item twice', () => {
    const transfer = aTransferCommand({ sourceAccountId: 'a', destinationAccountId: 'b' });
    const toUser = aFundingCommand({ destination: { ownerId: 'alice', currency: 'EUR' } });
    const open = anOpenCommand({ ownerId: 'alice' });
    const toAccount = aFundingCommand({ destination: { accountId: 'b' }, key: toUser.key });
    expect(prefetchFor([transfer, transfer, toUser, toUser, toAccount, open, open], DUE)).toEqual({
      ...NOTHING,
      accountIds: ['a', 'b'],
      purposes: ['funding'],
      activeAccounts: [{ ownerId: 'alice', currency: 'EUR' }],
      ownerIds: ['alice'],
      keys: [transfer.key, toUser.key, open.key],
      identifiers: [{ kind: 'account_number', value: open.number }],
    });
  });
});
