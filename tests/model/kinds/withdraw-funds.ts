import type { WithdrawalRequest } from '../../../src/index.ts';
import type { CommandKind } from '../command.ts';
import type { Asked, SystemActor } from '../draw.ts';
import { drawFunding, keyUseOf, runFunding } from '../funding.ts';

export const withdrawFundsKind: CommandKind<Asked<WithdrawalRequest, SystemActor>> = {
  name: 'withdrawFunds',
  weight: 5,
  door: 'write',
  hasDryRun: true,

  generate: (drawing, earlier) =>
    drawFunding(drawing, earlier, { field: 'sourceAccountId', usual: 60, text: 'At the counter' }),

  runOnLedger: ({ actor, request }, { ledger }, options) => ledger.withdrawFunds(actor, request, options),

  runOnModel: (asked, model, id) =>
    runFunding(model, asked, { id, kind: 'withdrawal', field: 'sourceAccountId' }),

  keyUse: (asked) => keyUseOf(asked, 'withdrawal'),
};
