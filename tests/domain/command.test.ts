import { describe, expect, it } from 'vitest';
import { wantOf } from '../../src/domain/command.ts';
import { aFundingCommand, anOpenCommand, aTransferCommand } from '../support/commands.ts';

describe('what commands want of the books', () => {
  it('is nothing for no commands', () => {
    expect(wantOf([])).toEqual({ accountIds: [], purposes: [], oldestActive: [], ownerIds: [], keys: [] });
  });

  it('is both accounts and the key of a transfer', () => {
    const command = aTransferCommand({ sourceAccountId: 'a', destinationAccountId: 'b' });
    expect(wantOf([command])).toEqual({
      accountIds: ['a', 'b'],
      purposes: [],
      oldestActive: [],
      ownerIds: [],
      keys: [command.key],
    });
  });

  it("is the account, the bank's funding account and the key of initial funds", () => {
    const command = aFundingCommand({ destination: { accountId: 'a' } });
    expect(wantOf([command])).toEqual({
      accountIds: ['a'],
      purposes: ['funding'],
      oldestActive: [],
      ownerIds: [],
      keys: [command.key],
    });
  });

  it("is a user's oldest active account in a currency where initial funds name a user", () => {
    const destinations = [
      { ownerId: 'alice', currency: 'EUR' },
      { ownerId: 'alice', currency: 'USD' },
      { ownerId: 'bob', currency: 'EUR' },
    ];
    const commands = destinations.map((destination) => aFundingCommand({ destination }));
    expect(wantOf(commands)).toEqual({
      accountIds: [],
      purposes: ['funding'],
      oldestActive: destinations,
      ownerIds: [],
      keys: commands.map(({ key }) => key),
    });
  });

  it("is the count of an owner's accounts where one is opened, and a key only if there is one", () => {
    const keyed = anOpenCommand({ ownerId: 'alice' });
    const keyless = anOpenCommand({ ownerId: 'bob', key: null });
    expect(wantOf([keyed, keyless])).toEqual({
      accountIds: [],
      purposes: [],
      oldestActive: [],
      ownerIds: ['alice', 'bob'],
      keys: [keyed.key],
    });
  });

  it('names nothing twice', () => {
    const transfer = aTransferCommand({ sourceAccountId: 'a', destinationAccountId: 'b' });
    const toUser = aFundingCommand({ destination: { ownerId: 'alice', currency: 'EUR' } });
    const open = anOpenCommand({ ownerId: 'alice' });
    const toAccount = aFundingCommand({ destination: { accountId: 'b' }, key: toUser.key });
    expect(wantOf([transfer, transfer, toUser, toUser, toAccount, open, open])).toEqual({
      accountIds: ['a', 'b'],
      purposes: ['funding'],
      oldestActive: [{ ownerId: 'alice', currency: 'EUR' }],
      ownerIds: ['alice'],
      keys: [transfer.key, toUser.key, open.key],
    });
  });
});
