import type { KeptParcel, Parcel } from '../../shared/outbox-batch.ts';
import { messagesFromText, messagesToText } from '../../shared/compact-json.ts';
import type { Instant } from '../../../domain/time.ts';

/** What was sent is deleted. */
export type ParcelDocument = {
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

export function parcelDocument(
  { id, messages }: Parcel,
  { dueAt, attempts }: { dueAt: Instant; attempts: number },
): ParcelDocument {
  return { _id: id, messages: messagesToText(messages), attempts, dueAt: new Date(dueAt) };
}

export function parcelOf({ _id, messages, attempts }: ParcelDocument): KeptParcel {
  return { id: _id, messages: messagesFromText(messages), attempts };
}
