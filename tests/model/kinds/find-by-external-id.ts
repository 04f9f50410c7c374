import type { Viewer } from '../../../src/domain/actor.ts';
import type { CommandKind } from '../command.ts';
import { thrown } from '../command.ts';
import { AUDITOR, CUSTOMERS, OPERATORS } from '../draw.ts';
import { countersNow, maySeeAccount, maySeeTransfer, viewAccount, viewTransfer } from '../model-views.ts';
import { malformedField } from '../requests.ts';

type Finding = {
  readonly viewer: Viewer;
  readonly what: 'account' | 'transfer';
  readonly externalId: string;
};

/** Asks for what has an external id: one that an account or a transfer was given, or one of none. */
export const findByExternalIdKind: CommandKind<Finding> = {
  name: 'findByExternalId',
  weight: 9,
  door: 'read',

  generate({ random, model }) {
    const what = random.pick(['account', 'transfer'] as const);
    const likely = what === 'account' ? model.accounts : model.transfers;
    const some = random.chance(0.8) ? [likely] : [model.accounts, model.transfers];
    const given = some.flatMap((all) => [...all.values()].flatMap(({ externalId }) => externalId ?? []));
    const none = random.pick(['of none', 'of-none', '']);
    return {
      viewer: random.pick([...CUSTOMERS, ...CUSTOMERS, ...OPERATORS, AUDITOR]),
      what,
      externalId: given.length === 0 || random.chance(0.1) ? none : random.pick(given),
    };
  },

  runOnLedger: ({ viewer, what, externalId }, { ledger }) =>
    what === 'account' ? ledger.findAccount(viewer, externalId) : ledger.findTransfer(viewer, externalId),

  runOnModel({ viewer, what, externalId }, model) {
    const malformed = malformedField({ externalId }, ['externalId']);
    if (malformed) return thrown('invalid_request', malformed);

    if (what === 'account') {
      const account = [...model.accounts.values()].find((one) => one.externalId === externalId);
      const isSeen = account && maySeeAccount(viewer, account);
      return isSeen ? viewAccount(account, countersNow(model, account)) : thrown('account_not_found');
    }
    const transfer = [...model.transfers.values()].find(
      (one) => one.externalId === externalId && one.status !== 'rejected',
    );
    const isSeen = transfer && maySeeTransfer(viewer, transfer);
    return isSeen ? viewTransfer(transfer, viewer, model.now) : thrown('transfer_not_found');
  },
};
