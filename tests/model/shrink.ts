import type { Disagreement } from './play.ts';
import type { Sequence, Step } from './sequence.ts';

export type Failing = { readonly sequence: Sequence; readonly disagreement: Disagreement };

/** Leaves out what a sequence fails without: what follows first, and then ever smaller runs of commands. */
export async function shrink(
  failing: Failing,
  { play, timeMs }: { play: (sequence: Sequence) => Promise<Disagreement | undefined>; timeMs: number },
): Promise<Failing> {
  const until = performance.now() + timeMs;
  let smallest = failing;
  await attempt(failing.sequence.steps.slice(0, failing.disagreement.stepIndex + 1));
  for (let run = Math.ceil(countOf(smallest) / 2); run >= 1; run = run === 1 ? 0 : Math.ceil(run / 2)) {
    // From the end: what is left out there was made possible by what stands before it.
    for (let from = countOf(smallest) - run; from > -run && performance.now() < until; from -= run) {
      await attempt(without(smallest.sequence.steps, { from, to: from + run }));
    }
  }
  return smallest;

  async function attempt(steps: readonly Step[]): Promise<void> {
    const sequence = { ...smallest.sequence, steps };
    const disagreement = await play(sequence);
    if (disagreement) smallest = { sequence, disagreement };
  }
}

function countOf({ sequence: { steps } }: Failing): number {
  return steps.reduce((sum, { commands }) => sum + commands.length, 0);
}

/** The steps without their commands from one place to another, exclusive. */
function without(steps: readonly Step[], { from, to }: { from: number; to: number }): readonly Step[] {
  let place = 0;
  return steps
    .map(({ door, commands }) => ({
      door,
      commands: commands.filter(() => {
        const isOut = place >= from && place < to;
        place += 1;
        return !isOut;
      }),
    }))
    .filter(({ commands }) => commands.length > 0);
}
