import { AssertionError } from 'node:assert';
import { inspect } from 'node:util';
import { describe, it } from 'vitest';
import { play } from './play.ts';
import type { OpenStore } from './play.ts';
import { drawSequence } from './sequence.ts';
import type { Sequence } from './sequence.ts';
import { shrink } from './shrink.ts';

/**
 * Runs sequences of commands on a store and on the model. Of the environment, `MODEL_SEED` runs what a seed ran
 * again, `MODEL_SEQUENCE` the one of its sequences, and `MODEL_SEQUENCES` and `MODEL_COMMANDS` say how many, and of
 * how many commands at most.
 */
export function modelTest(
  name: string,
  open: OpenStore,
  { sequences, commands }: { sequences: number; commands: number },
): void {
  const seed = fromEnvironment('MODEL_SEED') ?? Math.floor(Math.random() * 2 ** 32);
  const only = fromEnvironment('MODEL_SEQUENCE');
  const mostCommands = fromEnvironment('MODEL_COMMANDS') ?? commands;
  const count = fromEnvironment('MODEL_SEQUENCES') ?? sequences;
  const indices = only === undefined ? Array.from({ length: count }, (_, index) => index) : [only];

  describe(name, () => {
    it(
      `agrees with the model on ${indices.length} sequences of up to ${mostCommands} commands`,
      async () => {
        for (const index of indices) {
          const sequence = drawSequence({ seed, index, mostCommands });
          await assertAgreement(sequence, open, { seed, index, mostCommands });
        }
      },
      // Far above what it takes: what hangs ends all the same
      60_000 + indices.length * 10_000,
    );
  });
}

type Place = { readonly seed: number; readonly index: number; readonly mostCommands: number };

/** @throws Error that names the seed, and the shortest sequence found that fails */
async function assertAgreement(sequence: Sequence, open: OpenStore, place: Place): Promise<void> {
  const disagreement = await play(sequence, open);
  if (!disagreement) return;

  const shortest = await shrink(
    { sequence, disagreement },
    { play: (some) => play(some, open), timeMs: 20_000 },
  );
  const { fault } = shortest.disagreement;
  const environment = `MODEL_SEED=${place.seed} MODEL_COMMANDS=${place.mostCommands}`;
  throw new Error(
    [
      `Sequence ${place.index} fails. ${environment} runs the same again,`,
      `with MODEL_SEQUENCE=${place.index} this sequence alone. All that it takes, found by leaving out:`,
      textOf(shortest.sequence),
      'Actual is the ledger, expected the model.',
      fault instanceof Error ? fault.message : String(fault),
    ].join('\n'),
    fault instanceof AssertionError ? {} : { cause: fault },
  );
}

function textOf({ terms, steps }: Sequence): string {
  const lines = steps.map(({ door, commands }) => {
    const texts = commands.map(({ name, id, facts }) => `${name} (${id}) ${oneLine(facts)}`);
    return texts.length === 1
      ? `${texts[0]} [door ${door}]`
      : `at once [door ${door}]:\n  ${texts.join('\n  ')}`;
  });
  return [`terms ${oneLine(terms)}`, ...lines].join('\n');
}

function oneLine(value: unknown): string {
  return inspect(value, { depth: 5, breakLength: Infinity });
}

function fromEnvironment(name: string): number | undefined {
  const text = process.env[name];
  if (text === undefined || text === '') return undefined;
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new TypeError(`${name} must be a whole number`);
  return number;
}
