import type { ThrottleCount, ThrottleCounts } from '../../../application/ports/throttle-counts.ts';
import type { Collections } from '../schema/collections.ts';
import { mongoUnavailable } from '../transactions/errors.ts';

const LIGHT = { readConcern: { level: 'local' }, writeConcern: { w: 1 } } as const;

/** By the server's clock, which all processes share. */
const IS_LIVE = { $gt: ['$expiresAt', '$$NOW'] };
const SHOWN = { count: 1, leftMs: { $subtract: ['$expiresAt', '$$NOW'] } };

/** Counts without transactions and without waiting for a majority: a failover may lose some. */
export class MongoThrottleCounts implements ThrottleCounts {
  readonly #throttles: Collections['throttles'];

  constructor({ throttles }: Collections) {
    this.#throttles = throttles;
  }

  async add(key: string, seconds: number): Promise<ThrottleCount> {
    const count = { $cond: [IS_LIVE, { $add: ['$count', 1] }, 1] };
    const expiresAt = { $cond: [IS_LIVE, '$expiresAt', { $add: ['$$NOW', seconds * 1_000] }] };
    return translated(async () => {
      const added = await this.#throttles.findOneAndUpdate({ _id: key }, [{ $set: { count, expiresAt } }], {
        upsert: true,
        returnDocument: 'after',
        projection: SHOWN,
        writeConcern: LIGHT.writeConcern,
      });
      return shown(added) ?? { count: 1, leftMs: seconds * 1_000 };
    });
  }

  async takeBack(key: string): Promise<void> {
    await translated(() =>
      this.#throttles.updateOne({ _id: key }, { $inc: { count: -1 } }, { writeConcern: LIGHT.writeConcern }),
    );
  }

  async find(key: string): Promise<ThrottleCount | undefined> {
    return translated(async () =>
      shown(
        await this.#throttles.findOne({ _id: key }, { projection: SHOWN, readConcern: LIGHT.readConcern }),
      ),
    );
  }

  async delete(key: string): Promise<void> {
    await translated(() => this.#throttles.deleteOne({ _id: key }, { writeConcern: LIGHT.writeConcern }));
  }
}

/** Undefined for a counter that has expired and is not deleted yet. */
function shown(found: unknown): ThrottleCount | undefined {
  if (!found) return undefined;
  const { count, leftMs } = found as { count: number; leftMs: bigint };
  return leftMs > 0n ? { count, leftMs: Number(leftMs) } : undefined;
}

async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (fault) {
    throw mongoUnavailable(fault);
  }
}
