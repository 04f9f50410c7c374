import type { Filter, FindOptions } from 'mongodb';
import type { OutboxReads, UnsentMessage, UnsentState } from '../../../application/ports/outbox.ts';
import { isAbout } from '../../../domain/entities/notification.ts';
import { MOST_LOOKED, positionFrom, positionText, unsentOf } from '../../shared/unsent-messages.ts';
import { wholeBatchOf } from '../documents/outbox-document.ts';
import type { OutboxDocument } from '../documents/outbox-document.ts';
import type { Collections } from '../schema/collections.ts';
import type { ReadOptions, ReadRoute } from '../transactions/read-route.ts';

/** Number of batches that are counted or read in one round trip. */
const AT_ONCE = 50;

/** Batches in the order of their ids, by their own index: then a read ends after the part that it looks at. */
const BY_ID = { sort: { _id: 1 }, hint: { _id: 1 } } as const;

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
    return this.#route.read(({ options }) => this.#count({ dueAt: { $exists: true } }, { most, options }));
  }

  countGivenUp(most: number): Promise<number> {
    return this.#route.read(async ({ options }) => {
      const end = await this.#endOfPart('', options);
      const filter = { ...upTo(end), dueAt: { $exists: false } };
      return this.#count(filter, { most, options: { ...options, ...BY_ID } });
    });
  }

  unsent({
    state,
    after,
    limit,
  }: {
    state: UnsentState;
    after: string | null;
    limit: number;
  }): ReturnType<OutboxReads['unsent']> {
    const from = after === null ? null : positionFrom(after);
    const isWithin = from !== null && from.messageId !== null;
    return this.#route.read(async ({ options }) => {
      const end = await this.#endOfPart(from?.batchId ?? '', options);
      const ids = {
        [isWithin ? '$gte' : '$gt']: from?.batchId ?? '',
        ...(end === null ? {} : { $lte: end }),
      };
      const messages: UnsentMessage[] = [];
      const found = this.#find({ _id: ids, dueAt: { $exists: state === 'waiting' } }, options);
      for await (const document of found) {
        messages.push(...unsentOf(wholeBatchOf(document), from));
        if (messages.length >= limit) break;
      }
      const page = messages.slice(0, limit);
      if (page.length === limit) return { messages: page, next: page.at(-1)?.position ?? null };
      return { messages, next: end === null ? null : positionText({ batchId: end, messageId: null }) };
    });
  }

  unsentAbout(transferId: string): ReturnType<OutboxReads['unsentAbout']> {
    const text = JSON.stringify(transferId).replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
    return this.#route.read(async ({ options }) => {
      const end = await this.#endOfPart('', options);
      const messages: UnsentMessage[] = [];
      for await (const document of this.#find({ ...upTo(end), messages: { $regex: text } }, options)) {
        const unsent = unsentOf(wholeBatchOf(document));
        messages.push(...unsent.filter(({ message }) => isAbout(message, transferId)));
      }
      return { messages, isPartial: end !== null };
    });
  }

  /** The id of the last batch that a read after `after` looks at. Null if it can look at all of them. */
  async #endOfPart(after: string, options: ReadOptions): Promise<string | null> {
    const terms = {
      ...this.#terms(options),
      ...BY_ID,
      projection: { _id: 1 },
      skip: MOST_LOOKED - 1,
      limit: 1,
    };
    const [last] = await this.#parcels.find({ _id: { $gt: after } }, terms as FindOptions).toArray();
    return last?._id ?? null;
  }

  #find(filter: Filter<OutboxDocument>, options: ReadOptions) {
    return this.#parcels.find(filter, { ...this.#terms(options), ...BY_ID, batchSize: AT_ONCE });
  }

  async #count(
    filter: Filter<OutboxDocument>,
    { most, options }: { most: number; options: ReadOptions },
  ): Promise<number> {
    let count = 0;
    const found = this.#parcels
      .find(filter, { ...this.#terms(options), limit: most, batchSize: AT_ONCE })
      .project<{ count: number | bigint }>({ _id: 0, count: MESSAGES });
    for await (const batch of found) {
      count += Number(batch.count);
      if (count >= most) break;
    }
    return count;
  }

  #terms(options: ReadOptions) {
    return { maxTimeMS: this.#timeoutMs, ...options };
  }
}

function upTo(end: string | null): Filter<OutboxDocument> {
  return end === null ? {} : { _id: { $lte: end } };
}
