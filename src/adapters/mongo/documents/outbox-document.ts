import type { StoredBatch, OutboxBatch } from '../../shared/outbox-batch.ts';
import { messagesFromText, messagesToText } from '../../shared/compact-json.ts';
import type { WholeBatch } from '../../shared/unsent-messages.ts';
import type { Instant } from '../../../domain/time.ts';

/** An outbox batch. Sent ones are deleted. */
export type OutboxDocument = {
  readonly _id: string;
  readonly messages: string;
  /** Number of claims. */
  readonly attempts: number;
  /** Absent once the batch is given up, so that the index contains only waiting batches. */
  readonly dueAt?: Date;
  readonly gaveUpAt?: Date;
  /** The error of the last attempt. */
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

export function wholeBatchOf(document: OutboxDocument): WholeBatch {
  const { dueAt, gaveUpAt, reason = null } = document;
  return {
    ...batchOf(document),
    dueAt: dueAt?.getTime() ?? null,
    givenUpAt: gaveUpAt?.getTime() ?? null,
    reason,
  };
}
