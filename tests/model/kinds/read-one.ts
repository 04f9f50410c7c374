import type { Viewer } from '../../../src/domain/actor.ts';
import { drawIdOrNumber, idOf, isMistyped } from '../account-numbers.ts';
import type { CommandKind } from '../command.ts';
import { thrown } from '../command.ts';
import { AUDITOR, CUSTOMERS, drawAccountId, OPERATORS } from '../draw.ts';
import { balancesOf, statusAt } from '../model.ts';
import type { Model, ModelAccount } from '../model.ts';
import {
  countersNow,
  exponentOf,
  maySeeAccount,
  maySeeTransfer,
  viewAccount,
  viewTransfer,
} from '../model-views.ts';

type OneDraw = {
  readonly viewer: Viewer;
  readonly what: 'account' | 'balance' | 'transfer';
  readonly id: string;
};

/** One account, its balance or one transfer, as some viewer may see it. */
export const readOneKind: CommandKind<OneDraw> = {
  name: 'readOne',
  weight: 22,
  door: 'read',

  generate(drawing) {
    const { random, model } = drawing;
    const viewer = random.pick([...CUSTOMERS, ...CUSTOMERS, ...OPERATORS, AUDITOR]);
    const what = random.pick(['account', 'balance', 'transfer', 'transfer'] as const);
    if (what !== 'transfer') {
      return {
        viewer,
        what,
        id: drawIdOrNumber(drawing, drawAccountId(drawing, withDueHold(model)), 0.4),
      };
    }
    const transfers = [...model.transfers.keys()];
    return { viewer, what, id: random.pick([...transfers.slice(-20), random.pick([...transfers, '$ne'])]) };
  },

  runOnLedger({ viewer, what, id }, { ledger }) {
    switch (what) {
      case 'account':
        return ledger.getAccount(viewer, id);
      case 'balance':
        return ledger.getBalance(viewer, id);
      case 'transfer':
        return ledger.getTransfer(viewer, id);
      default:
        return what satisfies never;
    }
  },

  runOnModel({ viewer, what, id }, model) {
    if (what === 'transfer') {
      const transfer = model.transfers.get(id);
      const seen = transfer && maySeeTransfer(viewer, transfer);
      return seen ? viewTransfer(transfer, viewer, model.now) : thrown('transfer_not_found');
    }
    if (isMistyped(id)) return thrown('invalid_request', 'accountId');
    const account = model.accounts.get(idOf(model, id));
    if (!account || !maySeeAccount(viewer, account)) return thrown('account_not_found');
    const counters = countersNow(model, account);
    if (what === 'account') return viewAccount(account, counters);
    const { currency } = account;
    return {
      ...balancesOf(account, counters),
      currency,
      exponent: exponentOf(currency),
      at: model.now,
      final: false,
    };
  },
};

/** Whether an account has a hold that has expired and is still written as pending: a read must leave it out. */
function withDueHold({ transfers, now }: Model): (account: ModelAccount) => boolean {
  const due = [...transfers.values()].filter(
    (one) => one.status === 'pending' && statusAt(one, now) === 'expired',
  );
  const accountIds = new Set(due.flatMap(({ legs }) => legs.map(({ accountId }) => accountId)));
  return ({ id }) => accountIds.has(id);
}
