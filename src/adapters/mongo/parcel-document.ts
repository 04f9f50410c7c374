import type { Parcel } from '../../application/parcel.ts';
import { messagesToText } from '../../application/stored-text.ts';
import type { Instant } from '../../domain/time.ts';

export type ParcelDocument = {
  readonly _id: string;
  readonly messages: string;
  /** How often it was claimed. */
  readonly attempts: number;
  /** Absent once it is sent or given up, so that the index holds what waits and no more. */
  readonly dueAt?: Date;
  readonly sentAt?: Date;
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
