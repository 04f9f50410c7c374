import type { OutboxReads } from '../../../application/ports/outbox.ts';
import type { Collections } from '../schema/collections.ts';
import type { ReadOptions, ReadRoute } from '../transactions/read-route.ts';

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
  readonly #route: ReadRoute;
  readonly #timeoutMs: number;

  constructor(parts: { parcels: Collections['parcels']; route: ReadRoute; timeoutMs: number }) {
    this.#parcels = parts.parcels;
    this.#route = parts.route;
    this.#timeoutMs = parts.timeoutMs;
  }

  countWaiting(most: number): Promise<number> {
    return this.#route.read(({ options }) => this.#count(most, options));
  }

  async #count(most: number, options: ReadOptions): Promise<number> {
    let count = 0;
    const terms = { maxTimeMS: this.#timeoutMs, ...options, limit: most, batchSize: COUNTED_AT_ONCE };
    const waiting = this.#parcels
      .find({ dueAt: { $exists: true } }, terms)
      .project<{ count: number | bigint }>({ _id: 0, count: MESSAGES });
    for await (const batch of waiting) {
      count += Number(batch.count);
      if (count >= most) break;
    }
    return count;
  }
}
