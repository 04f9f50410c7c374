import type { UpdateFilter } from 'mongodb';
import type { ClaimedMessage, OutboxStore } from '../../../application/ports/outbox.ts';
import type { Notification } from '../../../domain/entities/notification.ts';
import type { Instant } from '../../../domain/time.ts';
import { messagesToText } from '../../shared/compact-json.ts';
import { split } from '../../shared/outbox-batch.ts';
import { idsByBatch, isWhole } from '../../shared/unsent-messages.ts';
import type { StoredBatch, ClaimedBatches } from '../../shared/outbox-batch.ts';
import { outboxDocument, batchOf } from '../documents/outbox-document.ts';
import type { OutboxDocument } from '../documents/outbox-document.ts';
import type { Collections } from '../schema/collections.ts';
import type { Transaction } from '../transactions/transaction.ts';

/** Batches that were given up have no due time. */
const WAITING = { dueAt: { $exists: true } } as const;
const GIVEN_UP = { dueAt: { $exists: false } } as const;

/** A batch may hold as many messages as are claimed together. */
const CLAIMED_AT_ONCE = 16;

export class MongoOutbox implements OutboxStore {
  readonly #transaction: Transaction;
  readonly #parcels: Collections['parcels'];
  readonly #seen: ClaimedBatches;

  constructor(transaction: Transaction, { parcels }: Collections, seen: ClaimedBatches) {
    this.#transaction = transaction;
    this.#parcels = parcels;
    this.#seen = seen;
  }

  async add(message: Notification): Promise<void> {
    const parcel = { id: message.id, messages: [message] };
    const document = outboxDocument(parcel, { dueAt: message.at, attempts: 0 });
    await this.#transaction.write((session) => this.#parcels.insertOne(document, { session }));
  }

  /**
   * Changes all claimed batches in the transaction that found them. If two units find the same batch, one of them runs
   * again.
   */
  async claim(terms: {
    now: Instant;
    leaseUntil: Instant;
    limit: number;
  }): Promise<readonly ClaimedMessage[]> {
    const due = await this.#due(terms);
    const claimed: ClaimedMessage[] = [];
    const whole: string[] = [];
    const state = { dueAt: new Date(terms.leaseUntil) };
    for (const parcel of due) {
      const some = parcel.messages.slice(0, terms.limit - claimed.length);
      if (some.length === 0) break;
      const attempts = parcel.attempts + 1;
      if (some.length === parcel.messages.length) {
        whole.push(parcel.id);
        this.#seen.saw(parcel);
      } else {
        const left = { ...parcel, attempts };
        await this.#part(left, new Set(some.map(({ id }) => id)), state);
      }
      claimed.push(...some.map((message) => ({ message, attempt: attempts })));
    }
    if (whole.length > 0) {
      const claim = { $set: state, $inc: { attempts: 1 } };
      await this.#transaction.write((session) =>
        this.#parcels.updateMany({ _id: { $in: whole } }, claim, { session }),
      );
    }
    return claimed;
  }

  /** The first batches that are due, of `limit` messages together or a little more. */
  #due({ now, limit }: { now: Instant; limit: number }) {
    return this.#transaction.read(async (session) => {
      const options = { session, sort: { dueAt: 1, _id: 1 }, limit, batchSize: CLAIMED_AT_ONCE } as const;
      const found: ReturnType<typeof batchOf>[] = [];
      let messages = 0;
      for await (const document of this.#parcels.find({ dueAt: { $lte: new Date(now) } }, options)) {
        found.push(batchOf(document));
        messages += found.at(-1)?.messages.length ?? 0;
        if (messages >= limit) break;
      }
      return found;
    });
  }

  markSent(ids: readonly string[]): Promise<void> {
    return this.#change(ids, 'sent');
  }

  release(ids: readonly string[], at: Instant): Promise<void> {
    return this.#change(ids, { dueAt: new Date(at) });
  }

  putBack(ids: readonly string[], { dueAt, reason }: { dueAt: Instant; reason: string }): Promise<void> {
    return this.#change(ids, { dueAt: new Date(dueAt), reason }, { isPutBack: true });
  }

  postpone(id: string, { dueAt, reason }: { dueAt: Instant; reason: string }): Promise<void> {
    return this.#change([id], { dueAt: new Date(dueAt), reason });
  }

  giveUp(id: string, { at, reason }: { at: Instant; reason: string }): Promise<void> {
    return this.#change([id], { gaveUpAt: new Date(at), reason });
  }

  async retry(positions: readonly string[], at: Instant): Promise<readonly Notification[]> {
    const wanted = idsByBatch(positions);
    const found = (await this.#batches([...wanted.keys()], GIVEN_UP)).map(batchOf);
    const due = found.filter(({ id, messages }) => isWhole(messages, wanted.get(id) ?? new Set()));
    if (due.length === 0) return [];
    const change = { $set: { dueAt: new Date(at), attempts: 0 }, $unset: { gaveUpAt: true } } as const;
    await this.#transaction.write((session) =>
      this.#parcels.updateMany({ _id: { $in: due.map(({ id }) => id) }, ...GIVEN_UP }, change, { session }),
    );
    return due.flatMap(({ messages }) => messages);
  }

  /** The claimant is then done with them. */
  async #change(
    ids: readonly string[],
    state: BatchState | 'sent',
    { isPutBack = false }: { isPutBack?: boolean } = {},
  ): Promise<void> {
    await this.#move(ids, state, isPutBack ? 1 : 0);
    this.#seen.forget(ids);
  }

  async #move(ids: readonly string[], state: BatchState | 'sent', uncounted: 0 | 1): Promise<void> {
    const { whole: known, others } = this.#seen.of(ids);
    const whole = [...known];
    const wanted = new Set(ids);
    for (const document of await this.#batches(others, WAITING)) {
      const parcel = batchOf(document);
      if (parcel.messages.every(({ id }) => wanted.has(id))) whole.push(parcel.id);
      else await this.#part({ ...parcel, attempts: parcel.attempts - uncounted }, wanted, state);
    }
    if (whole.length === 0) return;
    if (state === 'sent') {
      await this.#transaction.write((session) =>
        this.#parcels.deleteMany({ _id: { $in: whole }, ...WAITING }, { session }),
      );
      return;
    }
    const change = {
      $set: state,
      ...('dueAt' in state ? {} : { $unset: { dueAt: true } }),
      ...(uncounted > 0 ? { $inc: { attempts: -uncounted } } : {}),
    };
    await this.#transaction.write((session) =>
      this.#parcels.updateMany({ _id: { $in: whole }, ...WAITING }, change as UpdateFilter<OutboxDocument>, {
        session,
      }),
    );
  }

  async #batches(
    ids: readonly string[],
    state: typeof WAITING | typeof GIVEN_UP,
  ): Promise<readonly OutboxDocument[]> {
    if (ids.length === 0) return [];
    return this.#transaction.read((session) =>
      this.#parcels.find({ _id: { $in: [...ids] }, ...state }, { session, batchSize: ids.length }).toArray(),
    );
  }

  /** Splits these messages off into their own batch, or deletes them if they were sent. */
  async #part(parcel: StoredBatch, ids: ReadonlySet<string>, state: BatchState | 'sent'): Promise<void> {
    const parts = split(parcel, ids);
    if (!parts?.rest) return;
    const { gone, rest } = parts;
    const change = { $set: { messages: messagesToText(rest.messages) } };
    await this.#transaction.write((session) =>
      this.#parcels.updateOne({ _id: rest.id }, change, { session }),
    );
    if (state === 'sent') return;
    const document: OutboxDocument = {
      _id: gone.id,
      messages: messagesToText(gone.messages),
      attempts: parcel.attempts,
      ...state,
    };
    await this.#transaction.write((session) => this.#parcels.insertOne(document, { session }));
    this.#seen.saw(gone);
  }
}

type BatchState = Partial<Pick<OutboxDocument, 'dueAt' | 'gaveUpAt' | 'reason'>>;
