import type { OutboxReads } from '../../../application/ports/outbox.ts';
import type { Collections } from '../schema/collections.ts';
import { mongoUnavailable } from '../transactions/errors.ts';

/** Number of batches that are counted in one round trip. */
const COUNTED_AT_ONCE = 50;

/**
 * Number of messages in a batch, which the server counts in the text of the batch. A message has one recipient. A digest
 * lists messages with recipients of their own, and is alone in its batch. JSON escapes the quotes of any text in it.
 */
const MESSAGES = {
  $cond: [
    { $regexMatch: { input: '$messages', regex: '"kind":"digest"' } },
    1,
    { $subtract: [{ $size: { $split: ['$messages', '"recipientId":'] } }, 1] },
  ],
};

export class MongoOutboxReads implements OutboxReads {
  readonly #parcels: Collections['parcels'];
  readonly #timeoutMs: number;

  constructor({ parcels, timeoutMs }: Pick<Collections, 'parcels'> & { timeoutMs: number }) {
    this.#parcels = parcels;
    this.#timeoutMs = timeoutMs;
  }

  async countWaiting(most: number): Promise<number> {
    let count = 0;
    try {
      const waiting = this.#parcels
        .find({ dueAt: { $exists: true } }, { limit: most, batchSize: COUNTED_AT_ONCE })
        .maxTimeMS(this.#timeoutMs)
        .project<{ count: number | bigint }>({ _id: 0, count: MESSAGES });
      for await (const batch of waiting) {
        count += Number(batch.count);
        if (count >= most) break;
      }
    } catch (fault) {
      throw mongoUnavailable(fault);
    }
    return count;
  }
}
