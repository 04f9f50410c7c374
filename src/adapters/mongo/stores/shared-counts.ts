import type { SharedCounts } from '../../../application/ports/shared-counts.ts';
import type { Collections } from '../schema/collections.ts';
import { mongoUnavailable } from '../transactions/errors.ts';

const LIGHT = { readConcern: { level: 'local' }, writeConcern: { w: 1 } } as const;

/** Counts without transactions and without waiting for a majority: a failover may lose some. */
export class MongoSharedCounts implements SharedCounts {
  readonly #counts: Collections['counts'];
  #period = 0;

  constructor({ counts }: Collections) {
    this.#counts = counts;
  }

  async add(period: number, counts: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, number>> {
    const prefix = prefixOf(period);
    const names = new Map([...counts.keys()].map((name) => [prefix + name, name]));
    try {
      await this.#forgetBefore(period);
      await this.#counts.bulkWrite(
        [...names].map(([_id, name]) => ({
          updateOne: { filter: { _id }, update: { $inc: { count: counts.get(name) ?? 0 } }, upsert: true },
        })),
        { ordered: false, writeConcern: LIGHT.writeConcern },
      );
      const sums = await this.#counts
        .find({ _id: { $in: [...names.keys()] } }, { readConcern: LIGHT.readConcern })
        .toArray();
      return new Map(sums.map(({ _id, count }) => [names.get(_id) ?? _id, count]));
    } catch (fault) {
      throw mongoUnavailable(fault);
    }
  }

  async #forgetBefore(period: number): Promise<void> {
    if (period <= this.#period) return;
    this.#period = period;
    await this.#counts.deleteMany({ _id: { $lt: prefixOf(period) } }, { writeConcern: LIGHT.writeConcern });
  }
}

/** Text that sorts in order of time. */
function prefixOf(period: number): string {
  return `${String(period).padStart(12, '0')} `;
}
