import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../src/adapters/memory/index.ts';
import type { Store, UnitOfWork } from '../../src/application/ports.ts';
import { play } from './play.ts';
import type { OpenStore } from './play.ts';
import { drawSequence } from './sequence.ts';
import type { Sequence } from './sequence.ts';
import { shrink } from './shrink.ts';

const SEED = 2026;

/** A memory store with something changed about it. */
function openWith(change: (store: Store) => Partial<Store>): OpenStore {
  return async () => {
    const store = createMemoryStore();
    return { doors: [{ ...store, ...change(store) }], dispose: () => store.close() };
  };
}

/** Writes all that a decision changes, but one thing. */
function forgetting({ unitOfWork }: Store, forgotten: 'messages' | 'records' | 'transfers'): UnitOfWork {
  return {
    run: (work) => unitOfWork.run(work),
    transact: (want, decide, deadline) =>
      unitOfWork.transact(
        want,
        (books) => {
          const { result, changes } = decide(books);
          return { result, changes: { ...changes, [forgotten]: [] } };
        },
        deadline,
      ),
  };
}

/** How many commands are left of the first sequence that a store fails; undefined if it fails none of a few. */
async function commandsToFail(open: OpenStore): Promise<number | undefined> {
  for (let index = 0; index < 10; index++) {
    const sequence = drawSequence({ seed: SEED, index, mostCommands: 128 });
    const disagreement = await play(sequence, open);
    if (!disagreement) continue;
    const shortest = await shrink(
      { sequence, disagreement },
      { play: (some) => play(some, open), timeMs: 5000 },
    );
    return commandsOf(shortest.sequence).length;
  }
  return undefined;
}

function commandsOf({ steps }: Sequence) {
  return steps.flatMap(({ commands }) => commands.map(({ id, name, facts }) => ({ id, name, facts })));
}

describe('the model test', () => {
  it('finds nothing where nothing is planted', async () => {
    expect(await commandsToFail(openWith(() => ({})))).toBeUndefined();
  });

  it.each(['messages', 'records', 'transfers'] as const)(
    'finds a store that forgets %s, and leaves few commands to look at',
    async (forgotten) => {
      const left = await commandsToFail(openWith((store) => ({ unitOfWork: forgetting(store, forgotten) })));
      expect(left).toBeLessThanOrEqual(4);
    },
  );

  it('finds a store that shows an entry twice where pages meet', async () => {
    const open = openWith(({ reads }) => ({
      reads: {
        ...reads,
        entriesOf: (id, { after, limit }) =>
          reads.entriesOf(id, { after: after !== null && after > 2 ? after - 1 : after, limit }),
      },
    }));
    expect(await commandsToFail(open)).toBeLessThanOrEqual(12);
  });

  it('draws the same from the same seed, and other things from another', () => {
    const terms = { index: 3, mostCommands: 128 };
    const commands = commandsOf(drawSequence({ ...terms, seed: SEED }));
    expect(commandsOf(drawSequence({ ...terms, seed: SEED }))).toStrictEqual(commands);
    expect(commandsOf(drawSequence({ ...terms, seed: SEED + 1 }))).not.toStrictEqual(commands);
  });
});
