import type { InitialFundsRequest } from '../../../src/index.ts';
import type { CommandKind } from '../command.ts';
import type { Asked, SystemActor } from '../draw.ts';
import { drawFunding, keyUseOf, runFunding } from '../funding.ts';

export const fundAccountKind: CommandKind<Asked<InitialFundsRequest, SystemActor>> = {
  name: 'fundAccount',
  weight: 14,
  door: 'write',
  hasDryRun: true,

  generate: (drawing, earlier) =>
    drawFunding(drawing, earlier, { field: 'destinationAccountId', usual: 500, text: 'Welcome' }),

  runOnLedger: ({ actor, request }, { ledger }, options) => ledger.fundAccount(actor, request, options),

  runOnModel: (asked, model, id) =>
    runFunding(model, asked, { id, kind: 'initial_funds', field: 'destinationAccountId' }),

  keyUse: (asked) => keyUseOf(asked, 'initial_funds'),
};
