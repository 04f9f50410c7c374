import type { CommandKind } from '../command.ts';

/** Forward as a rule; back, as clocks that are set do, now and then. */
export const moveClockKind: CommandKind<{ readonly ms: number }> = {
  name: 'moveClock',
  weight: 6,
  door: 'hand',

  generate({ random }) {
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
