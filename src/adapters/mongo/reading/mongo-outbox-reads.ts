import type { Filter, FindOptions } from 'mongodb';
import type { OutboxReads, UnsentMessage, UnsentState } from '../../../application/ports/outbox.ts';
import { isAbout } from '../../../domain/entities/notification.ts';
import { MOST_LOOKED, positionFrom, positionText, unsentOf } from '../../shared/unsent-messages.ts';
import { wholeBatchOf } from '../documents/outbox-document.ts';
import type { OutboxDocument } from '../documents/outbox-document.ts';
import type { Collections } from '../schema/collections.ts';
import { mongoUnavailable } from '../transactions/errors.ts';

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
  readonly #timeoutMs: number;

  constructor({ parcels, timeoutMs }: Pick<Collections, 'parcels'> & { timeoutMs: number }) {
    this.#parcels = parcels;
    this.#timeoutMs = timeoutMs;
  }

  countWaiting(most: number): Promise<number> {
    return this.#count({ dueAt: { $exists: true } }, most);
  }

  async countGivenUp(most: number): Promise<number> {
    const end = await this.#endOfPart('');
    return this.#count({ ...upTo(end), dueAt: { $exists: false } }, most, BY_ID);
  }

  async unsent({
    state,
    after,
    limit,
  }: {
    state: UnsentState;
    after: string | null;
    limit: number;
  }): ReturnType<OutboxReads['unsent']> {
    const from = after === null ? null : positionFrom(after);
    const end = await this.#endOfPart(from?.batchId ?? '');
    const isWithin = from !== null && from.messageId !== null;
    const ids = { [isWithin ? '$gte' : '$gt']: from?.batchId ?? '', ...(end === null ? {} : { $lte: end }) };
    const filter = { _id: ids, dueAt: { $exists: state === 'waiting' } };
    const messages: UnsentMessage[] = [];
    await this.#each(filter, (document) => {
      messages.push(...unsentOf(wholeBatchOf(document), from));
      return messages.length < limit;
    });
    const page = messages.slice(0, limit);
    if (page.length === limit) return { messages: page, next: page.at(-1)?.position ?? null };
    return { messages, next: end === null ? null : positionText({ batchId: end, messageId: null }) };
  }

  async unsentAbout(transferId: string): ReturnType<OutboxReads['unsentAbout']> {
    const end = await this.#endOfPart('');
    const text = JSON.stringify(transferId).replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
    const messages: UnsentMessage[] = [];
    await this.#each({ ...upTo(end), messages: { $regex: text } }, (document) => {
      const unsent = unsentOf(wholeBatchOf(document));
      messages.push(...unsent.filter(({ message }) => isAbout(message, transferId)));
      return true;
    });
    return { messages, isPartial: end !== null };
  }

  /** The id of the last batch that a read after `after` looks at. Null if it can look at all of them. */
  async #endOfPart(after: string): Promise<string | null> {
    const options = { ...BY_ID, projection: { _id: 1 }, skip: MOST_LOOKED - 1, limit: 1 } as const;
    try {
      const [last] = await this.#parcels
        .find({ _id: { $gt: after } }, options)
        .maxTimeMS(this.#timeoutMs)
        .toArray();
      return last?._id ?? null;
    } catch (fault) {
      throw mongoUnavailable(fault);
    }
  }

  async #each(filter: Filter<OutboxDocument>, work: (document: OutboxDocument) => boolean): Promise<void> {
    try {
      const found = this.#parcels.find(filter, { ...BY_ID, batchSize: AT_ONCE }).maxTimeMS(this.#timeoutMs);
      for await (const document of found) if (!work(document)) break;
    } catch (fault) {
      throw mongoUnavailable(fault);
    }
  }

  async #count(filter: Filter<OutboxDocument>, most: number, options: FindOptions = {}): Promise<number> {
    let count = 0;
    try {
      const found = this.#parcels
        .find(filter, { ...options, limit: most, batchSize: AT_ONCE })
        .maxTimeMS(this.#timeoutMs)
        .project<{ count: number | bigint }>({ _id: 0, count: MESSAGES });
      for await (const batch of found) {
        count += Number(batch.count);
        if (count >= most) break;
      }
    } catch (fault) {
      throw mongoUnavailable(fault);
    }
    return count;
  }
}

function upTo(end: string | null): Filter<OutboxDocument> {
  return end === null ? {} : { _id: { $lte: end } };
}
