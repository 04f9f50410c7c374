import type { StoredBatch, OutboxBatch } from '../../shared/outbox-batch.ts';
import { messagesFromText, messagesToText } from '../../shared/compact-json.ts';
import type { Instant } from '../../../domain/time.ts';

/** What was sent is deleted. */
export type OutboxDocument = {
  readonly _id: string;
  readonly messages: string;
  /** How often it was claimed. */
  readonly attempts: number;
  /** Absent once it is given up, so that the index holds what waits and no more. */
  readonly dueAt?: Date;
  readonly gaveUpAt?: Date;
  /** Why the last attempt failed. */
  readonly reason?: string;
};

export function outboxDocument(
  { id, messages }: OutboxBatch,
  { dueAt, attempts }: { dueAt: Instant; attempts: number },
): OutboxDocument {
  return { _id: id, messages: messagesToText(messages), attempts, dueAt: new Date(dueAt) };
}

export function batchOf({ _id, messages, attempts }: OutboxDocument): StoredBatch {
  return { id: _id, messages: messagesFromText(messages), attempts };
}
