import type { CommandKind } from '../command.ts';
import { latestInstantOf } from '../model.ts';
import { sweep } from '../model-holds.ts';

const SILENT = { info: () => {}, warn: () => {}, error: () => {} };

/**
 * What the sweeper does at each turn; and after it, nothing is due. It comes when the clock has caught up with all
 * that was written: an account that is ahead of it may be looked at or not, as it remembers its next expiry.
 */
export const sweepHoldsKind: CommandKind<{ readonly ms: number }> = {
  name: 'sweepHolds',
  weight: 6,
  door: 'hand',

  generate({ model }) {
    const latest = Math.max(...[...model.accounts.values()].map(latestInstantOf));
    return { ms: Math.max(0, latest - model.now) };
  },

  async runOnLedger({ ms }, { ledger, store, clock }) {
    clock.advance(ms);
    await ledger.sweeper(SILENT).sweep();
    return { stillDue: await store.reads.accountsWithDueHolds(clock.now(), 10) };
  },

  runOnModel({ ms }, model) {
    model.now += ms;
    sweep(model);
    return { stillDue: [] };
  },
};
