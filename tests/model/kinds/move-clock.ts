import type { CommandKind } from '../command.ts';

/** Forward as a rule, often to where a hold expires; back, as clocks that are set do, now and then. */
export const moveClockKind: CommandKind<{ readonly ms: number }> = {
  name: 'moveClock',
  weight: 22,
  door: 'hand',

  generate({ random, model }) {
    const holds = [...model.transfers.values()].filter(({ status }) => status === 'pending');
    const ahead = holds.map(({ expiresAt }) => Number(expiresAt) - model.now).filter((ms) => ms > 1);
    if (ahead.length > 0 && random.chance(0.5)) {
      return { ms: Math.min(...ahead) + random.pick([-1, 0, 0, 1]) };
    }
    const range = random.pick([5, 1000, 86_400_000]);
    return { ms: random.chance(0.7) ? random.integer(1, range) : -random.integer(1, range) };
  },

  async runOnLedger({ ms }, { clock }) {
    clock.advance(ms);
  },

  runOnModel({ ms }, model) {
    model.now += ms;
  },
};
