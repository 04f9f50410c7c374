import { Account } from '../../../src/domain/account.ts';
import { NO_CHANGES, want } from '../../support/bank.ts';
import type { CommandKind } from '../command.ts';
import { drawAccountId } from '../draw.ts';
import { BOUND, findAccount, fundsOf, within } from '../model.ts';
import type { ModelAccount } from '../model.ts';

type Change = Partial<Pick<ModelAccount, 'status' | 'creditsFrozen' | 'minimumBalance' | 'maximumBalance'>>;

/** Freezes, closes and limits by a decision made by hand, until the ledger has commands for it. Closed is final. */
export const changeAccountKind: CommandKind<{ readonly accountId: string; readonly change: Change }> = {
  name: 'changeAccount',
  weight: 9,
  door: 'hand',

  generate(drawing) {
    const { random, model } = drawing;
    const accountId = drawAccountId(
      drawing,
      ({ ownerId, status }) => ownerId !== null && status !== 'active',
    );
    const account = findAccount(model, accountId);
    const balance = account ? fundsOf(account).balance : 0n;
    const limit = within(balance + BigInt(random.integer(-20, 40)));
    const change = random.weighted<{ weight: number; of: Change }>([
      { weight: 3, of: { status: 'active', creditsFrozen: false } },
      { weight: 3, of: { status: 'frozen', creditsFrozen: random.chance(0.5) } },
      { weight: 1.5, of: { status: 'closed' } },
      { weight: 2, of: { minimumBalance: random.pick([0n, -30n, limit]) } },
      { weight: 1, of: { minimumBalance: account?.ownerId === null ? null : -BOUND } },
      { weight: 2, of: { maximumBalance: limit } },
      { weight: 1, of: { maximumBalance: null } },
    ]).of;
    return { accountId, change };
  },

  async runOnLedger({ accountId, change }, { store, clock }) {
    await store.unitOfWork.transact(
      want({ accountIds: [accountId] }),
      (books) => {
        const before = books.account(accountId);
        if (!before || before.status === 'closed') return { result: undefined, changes: NO_CHANGES };
        const after = Account.restore({ ...before, ...change });
        return { result: undefined, changes: { ...NO_CHANGES, accounts: [{ before, after }] } };
      },
      clock.now() + 60_000,
    );
  },

  runOnModel({ accountId, change }, model) {
    const account = findAccount(model, accountId);
    if (account && account.status !== 'closed') Object.assign(account, change);
  },
};
