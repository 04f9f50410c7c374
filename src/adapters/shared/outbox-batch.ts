import { isAboutTransfer } from '../../domain/entities/notification.ts';
import type { Notification } from '../../domain/entities/notification.ts';

/** Messages that a store keeps as one record, as long as all of them share one state. */
export type OutboxBatch = { readonly id: string; readonly messages: readonly Notification[] };

/** Maximum batch size. A row for each message would cost as much as the transfer itself. */
const MESSAGES_PER_PARCEL = 200;

/** Groups the messages of one unit of work, in order. A batch has the id of its first message. */
export function batchNotifications(messages: readonly Notification[]): readonly OutboxBatch[] {
  const parcels: OutboxBatch[] = [];
  for (let at = 0; at < messages.length; at += MESSAGES_PER_PARCEL) {
    const some = messages.slice(at, at + MESSAGES_PER_PARCEL);
    parcels.push({ id: some[0]?.id ?? '', messages: some });
  }
  return parcels;
}

/** A batch in a store, with the number of its claims. */
export type StoredBatch = OutboxBatch & { readonly attempts: number };

/**
 * Splits a batch when only some of its messages change state. Undefined if none of `ids` is in it; `rest` is null if
 * all of them are.
 */
export function split(
  parcel: StoredBatch,
  ids: ReadonlySet<string>,
): { readonly gone: OutboxBatch; readonly rest: OutboxBatch | null } | undefined {
  const gone = parcel.messages.filter(({ id }) => ids.has(id));
  const [first] = gone;
  if (!first) return undefined;
  if (gone.length === parcel.messages.length) return { gone: parcel, rest: null };
  // A message leaves a batch only once, so no two batches get the same id.
  return {
    gone: { id: `${parcel.id}/${first.id}`, messages: gone },
    rest: { id: parcel.id, messages: parcel.messages.filter(({ id }) => !ids.has(id)) },
  };
}

type Seen = { readonly id: string; readonly size: number };

/**
 * Remembers the batch in which this process last saw each message: only the claimant reports a message's result. A
 * batch never gains messages, so a report on all messages seen in it covers the whole batch.
 */
export class ClaimedBatches {
  readonly #before: ClaimedBatches | undefined;
  /** By message; null if it was forgotten. */
  readonly #parcels = new Map<string, Seen | null>();

  private constructor(before?: ClaimedBatches) {
    this.#before = before;
  }

  static none(): ClaimedBatches {
    return new ClaimedBatches();
  }

  /** A layer for one run of a unit of work. Its changes count once it is kept. */
  forUnit(): ClaimedBatches {
    return new ClaimedBatches(this);
  }

  /** Keeps the changes after the unit's commit. */
  keep(): void {
    const before = this.#before;
    if (before) for (const [id, seen] of this.#parcels) before.#set(id, seen);
  }

  saw({ id, messages }: OutboxBatch): void {
    const seen = { id, size: messages.length };
    for (const message of messages) this.#set(message.id, seen);
  }

  forget(messageIds: readonly string[]): void {
    for (const id of messageIds) this.#set(id, null);
  }

  /** The distinct batches of these messages: those that are completely listed, and the others. */
  of(messageIds: readonly string[]): {
    readonly whole: readonly string[];
    readonly others: readonly string[];
  } {
    const counts = new Map<Seen, number>();
    for (const id of new Set(messageIds)) {
      const seen = this.#get(id);
      if (seen) counts.set(seen, (counts.get(seen) ?? 0) + 1);
    }
    const whole = new Set<string>();
    const others = new Set<string>();
    for (const [{ id, size }, count] of counts) (count === size ? whole : others).add(id);
    return { whole: [...whole].filter((id) => !others.has(id)), others: [...others] };
  }

  #get(messageId: string): Seen | null | undefined {
    const seen = this.#parcels.get(messageId);
    return seen === undefined && this.#before ? this.#before.#get(messageId) : seen;
  }

  #set(messageId: string, seen: Seen | null): void {
    if (seen === null && !this.#before) this.#parcels.delete(messageId);
    else this.#parcels.set(messageId, seen);
  }
}

/** Removes a transfer's erased text. */
export function withoutText<P extends OutboxBatch>(parcel: P, transferId: string): P {
  const messages = parcel.messages.map((message) => {
    if (!isAboutTransfer(message) || message.transferId !== transferId) return message;
    const { reference: _reference, ...kept } = message;
    return { ...kept, description: null };
  });
  return { ...parcel, messages };
}
