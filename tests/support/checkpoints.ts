import type { CheckpointPorts } from '../../src/application/ports/checkpoints.ts';
import { readCheckpoint } from '../../src/domain/integrity/checkpoint.ts';

/** Checkpoints in memory, without signatures: the signed text is the checkpoint itself. */
export class MemoryCheckpoints {
  readonly kept: { readonly number: number; readonly signed: string; readonly lines: readonly string[] }[] =
    [];

  readonly ports: CheckpointPorts = {
    signer: {
      sign: async (checkpoint) => JSON.stringify(checkpoint),
      read: (signed) => readCheckpoint(JSON.parse(signed)),
    },
    archive: {
      newest: async () => this.kept.at(-1),
      page: async ({ after, limit }) =>
        this.kept
          .filter(({ number }) => after === null || number < after)
          .toReversed()
          .slice(0, limit),
      manifest: (number) => this.#lines(number),
      add: async (number, make) => {
        const lines: string[] = [];
        const signed = await make(async (more) => void lines.push(...more));
        if (this.kept.some((one) => one.number === number)) throw new Error(`Number ${number} is taken`);
        this.kept.push({ number, signed, lines });
      },
    },
  };

  linesOf(number: number): readonly string[] {
    const found = this.kept.find((one) => one.number === number);
    if (!found) throw new Error(`There is no checkpoint ${number}`);
    return found.lines;
  }

  async *#lines(number: number): AsyncIterable<string> {
    yield* this.linesOf(number);
  }
}
