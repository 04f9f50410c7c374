import type { UnsentMessage } from '../../application/ports/outbox.ts';
import type { Notification } from '../../domain/entities/notification.ts';
import type { Instant } from '../../domain/time.ts';

/** Number of batches at which one read of the outbox looks. */
export const MOST_LOOKED = 10_000;

/** The position of a message in its batch. Without a message, the position after the whole batch. */
export type Position = { readonly batchId: string; readonly messageId: string | null };

/** A position as text: the length of the batch's id, which may contain any character, then both ids. */
export function positionText({ batchId, messageId }: Position): string {
  return `${batchId.length}.${batchId}${messageId ?? ''}`;
}

/** Reads a position. A text that is none becomes a position that holds nothing. */
export function positionFrom(text: string): Position {
  const [, length = '0', ids = text] = /^(\d{1,4})\.(.*)$/s.exec(text) ?? [];
  const [batchId, messageId] = [ids.slice(0, Number(length)), ids.slice(Number(length))];
  return { batchId, messageId: messageId === '' ? null : messageId };
}

/** Groups positions by batch: the ids of the messages there. */
export function idsByBatch(positions: readonly string[]): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const { batchId, messageId } of positions.map(positionFrom)) {
    if (messageId === null) continue;
    found.set(batchId, (found.get(batchId) ?? new Set()).add(messageId));
  }
  return found;
}

/**
 * Returns whether these ids are all messages of a batch that was given up. Messages are given up one by one, so each has
 * a batch of its own.
 */
export function isWhole(messages: readonly Notification[], ids: ReadonlySet<string>): boolean {
  return messages.length > 0 && messages.every(({ id }) => ids.has(id));
}

/** A batch in any state, as a store keeps it. */
export type WholeBatch = {
  readonly id: string;
  readonly messages: readonly Notification[];
  readonly attempts: number;
  readonly dueAt: Instant | null;
  readonly givenUpAt: Instant | null;
  readonly reason: string | null;
};

/** Returns the messages of a batch, each with its position. After a position within this batch, only those behind it. */
export function unsentOf(
  { id: batchId, messages, ...state }: WholeBatch,
  after: Position | null = null,
): readonly UnsentMessage[] {
  const isWithin = after?.batchId === batchId;
  // A message that has left the batch since is not found, and then none is left out
  const from = isWithin ? messages.findIndex(({ id }) => id === after.messageId) + 1 : 0;
  return messages.slice(from).map((message) => ({
    message,
    position: positionText({ batchId, messageId: message.id }),
    ...state,
  }));
}
