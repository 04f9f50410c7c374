import type { CommandKind } from '../command.ts';
import { sweep } from '../model-holds.ts';

const SILENT = { info: () => {}, warn: () => {}, error: () => {} };

/** What the sweeper does at each turn; and after it, nothing is due. */
export const sweepHoldsKind: CommandKind<null> = {
  name: 'sweepHolds',
  weight: 3,
  door: 'hand',

  generate: () => null,

  async runOnLedger(_facts, { ledger, store, clock }) {
    await ledger.sweeper(SILENT).sweep();
    return { stillDue: await store.reads.accountsWithDueHolds(clock.now(), 10) };
  },

  runOnModel(_facts, model) {
    sweep(model);
    return { stillDue: [] };
  },
};
