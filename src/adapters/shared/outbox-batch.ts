import { isAboutTransfer } from '../../domain/entities/notification.ts';
import type { Notification } from '../../domain/entities/notification.ts';

/** Messages that a store keeps as one, for as long as the same becomes of all of them. */
export type OutboxBatch = { readonly id: string; readonly messages: readonly Notification[] };

/** A row for each message would cost a transfer as much as its money does. */
const MESSAGES_PER_PARCEL = 200;

/** The messages of one unit of work in their order; a parcel bears the id of its first. */
export function batchNotifications(messages: readonly Notification[]): readonly OutboxBatch[] {
  const parcels: OutboxBatch[] = [];
  for (let at = 0; at < messages.length; at += MESSAGES_PER_PARCEL) {
    const some = messages.slice(at, at + MESSAGES_PER_PARCEL);
    parcels.push({ id: some[0]?.id ?? '', messages: some });
  }
  return parcels;
}

/** As a store keeps it: how often it was claimed, and for how long. */
export type StoredBatch = OutboxBatch & { readonly attempts: number };

/**
 * Parts a parcel where something becomes of some of its messages alone. Undefined where none of `ids` is in it; the
 * rest is null where all of them are.
 */
export function split(
  parcel: StoredBatch,
  ids: ReadonlySet<string>,
): { readonly gone: OutboxBatch; readonly rest: OutboxBatch | null } | undefined {
  const gone = parcel.messages.filter(({ id }) => ids.has(id));
  const [first] = gone;
  if (!first) return undefined;
  if (gone.length === parcel.messages.length) return { gone: parcel, rest: null };
  // A message leaves a parcel once, so no two parcels come to bear one id.
  return {
    gone: { id: `${parcel.id}/${first.id}`, messages: gone },
    rest: { id: parcel.id, messages: parcel.messages.filter(({ id }) => !ids.has(id)) },
  };
}

type Seen = { readonly id: string; readonly size: number };

/**
 * In which parcel this process last saw a message: what is said of a message is said by whoever claimed it. A parcel
 * never gains messages, so one of which all that were seen are meant is meant whole.
 */
export class ClaimedBatches {
  readonly #before: ClaimedBatches | undefined;
  /** By message; null where it is forgotten. */
  readonly #parcels = new Map<string, Seen | null>();

  private constructor(before?: ClaimedBatches) {
    this.#before = before;
  }

  static none(): ClaimedBatches {
    return new ClaimedBatches();
  }

  /** For one run of a unit of work: what it sees and forgets counts once it is kept. */
  forUnit(): ClaimedBatches {
    return new ClaimedBatches(this);
  }

  /** After the unit's commit. */
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

  /** The parcels of these messages, without repeats: those of which all are meant, and the others. */
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

/** Without a transfer's text, where it was erased. */
export function withoutText<P extends OutboxBatch>(parcel: P, transferId: string): P {
  const messages = parcel.messages.map((message) =>
    isAboutTransfer(message) && message.transferId === transferId
      ? { ...message, description: null }
      : message,
  );
  return { ...parcel, messages };
}
