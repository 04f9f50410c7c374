import type { Binary } from 'mongodb';
import type { LedgerEntry } from '../../../domain/entities/ledger-entry.ts';
import { Transfer } from '../../../domain/entities/transfer.ts';
import type { ErasedTexts, Leg, TransferState } from '../../../domain/entities/transfer.ts';
import type { Instant } from '../../../domain/time.ts';
import { omitAbsent } from '../../shared/omit-absent.ts';
import { transferText } from '../../shared/row-digest.ts';
import { sha256 } from '../../shared/sha256.ts';
import { digestBinary } from './digest.ts';
import { entryDocument, entryOf, entryKey } from './entry-document.ts';
import type { EntryDocument } from './entry-document.ts';

type Dated = 'expiresAt' | 'createdAt' | 'completedAt';
type Facts = Omit<TransferState, 'id' | 'erased' | Dated> & {
  readonly erased: StoredErasure | null;
  readonly expiresAt: Date | null;
  readonly createdAt: Date;
  readonly completedAt: Date | null;
};
/** Digests from before transfers had references lack that one. */
type StoredErasure = Omit<ErasedTexts, 'reference'> & Partial<Pick<ErasedTexts, 'reference'>>;
/** Omits null fields: most of a transfer's fields are null, and each one costs time in every step. */
type Sparse<T> = { readonly [K in keyof T as null extends T[K] ? K : never]?: NonNullable<T[K]> } & {
  readonly [K in keyof T as null extends T[K] ? never : K]: T[K];
};

/**
 * A transfer with its entries and, if its command had a key of its own, that command's record. One document with its
 * index entries costs the server less than half of separate documents.
 */
export type TransferDocument = Sparse<Facts> & {
  readonly _id: string;
  /** The user whose list of unbooked transfers contains it. */
  readonly unbookedFor?: string;
  /**
   * The reserved amount of a pending hold. Two covering indexes contain it, so that due holds are summed without their
   * documents.
   */
  readonly reserved?: Reserved;
  /** Absent if the transfer was rejected. The same holds for `places`. */
  readonly entries?: readonly EntryDocument[];
  /** The `entryKey` of each entry. */
  readonly places?: readonly string[];
  readonly record?: InlineRecord;
  /** Covers the facts of the transfer and its record that no entry covers. */
  readonly digest: Binary;
};

/** The fields that contain entries: half of the document. Reading the rest would cost more than finding it. */
export type EntriesPart = Pick<TransferDocument, '_id' | 'legs' | 'entries'>;
export const ENTRIES_PART = { projection: { legs: 1, entries: 1 } } as const;

/** The facts of a transfer that a later step may change. */
export type StoredProgress = Pick<Facts, 'status' | 'code' | 'completedAt' | 'amountCaptured' | 'reversed'>;

export type Reserved = {
  /** Id of the debited account. */
  readonly debited: string;
  readonly credited: string;
  readonly amount: bigint;
};

export function transferDocument(
  transfer: Transfer,
  { entries, record }: { entries: readonly LedgerEntry[]; record: InlineRecord | undefined },
): TransferDocument {
  const { id, legs } = transfer;
  return {
    _id: id,
    kind: transfer.kind,
    legs: legs.map(legDocument),
    initiator: { kind: transfer.initiator.kind, id: transfer.initiator.id },
    salt: transfer.salt,
    createdAt: new Date(transfer.createdAt),
    ...omitAbsent(storedProgress(transfer)),
    ...omitAbsent({
      currency: transfer.currency,
      exponent: transfer.exponent,
      payerName: transfer.payerName,
      description: transfer.description,
      reference: transfer.reference,
      externalId: transfer.externalId,
      metadata: transfer.metadata,
      expiresAt: dateOf(transfer.expiresAt),
      reverses: transfer.reverses,
      batchId: transfer.batchId,
      erased: transfer.erased,
      unbookedFor: transfer.unbookedFor,
    }),
    status: transfer.status,
    ...(entries.length > 0 ? entriesOf(entries, legs) : {}),
    ...omitAbsent({ reserved: reservedOf(transfer) }),
    ...(record ? { record } : {}),
    digest: transferDigestBinary(transfer, record),
  };
}

export function transferDigestBinary(transfer: Transfer, record: InlineRecord | undefined): Binary {
  return digestBinary(transferText(transfer, record && { ...record, at: record.at.getTime() }, sha256));
}

/** The amount that a pending hold reserves on its two accounts; undefined for every other transfer. */
export function reservedOf(transfer: Transfer): Reserved | undefined {
  if (transfer.status !== 'pending') return undefined;
  const { source, destination, amount } = transfer;
  return { debited: source.accountId, credited: destination.accountId, amount };
}

/** Empty if the transfer was rejected. */
export function storedEntries(document: EntriesPart): readonly LedgerEntry[] {
  return (document.entries ?? []).map((entry) => entryOf(entry, document));
}

/** The entries that one step adds to an existing transfer. */
export function entriesOf(
  entries: readonly LedgerEntry[],
  legs: readonly Leg[],
): Required<Pick<TransferDocument, 'entries' | 'places'>> {
  return {
    entries: entries.map((entry) => entryDocument(entry, legs)),
    places: entries.map(entryKey),
  };
}

export function storedProgress(transfer: Transfer): StoredProgress {
  return {
    status: transfer.status,
    code: transfer.code,
    completedAt: dateOf(transfer.completedAt),
    amountCaptured: transfer.amountCaptured,
    reversed: transfer.reversed && [...transfer.reversed],
  };
}

/** Restores the current transfer, or its earlier state. */
export function transferOf(document: TransferDocument, standing?: StoredProgress): Transfer {
  const { status, code, completedAt, amountCaptured, reversed } = standing ?? document;
  return Transfer.restore({
    id: document._id,
    kind: document.kind,
    status,
    code: code ?? null,
    legs: document.legs,
    currency: document.currency ?? null,
    exponent: document.exponent ?? null,
    initiator: document.initiator,
    payerName: document.payerName ?? null,
    description: document.description ?? null,
    reference: document.reference ?? null,
    externalId: document.externalId ?? null,
    metadata: document.metadata ?? null,
    salt: document.salt,
    expiresAt: instantOf(document.expiresAt),
    reverses: document.reverses ?? null,
    batchId: document.batchId ?? null,
    createdAt: document.createdAt.getTime(),
    completedAt: instantOf(completedAt),
    amountCaptured: amountCaptured ?? null,
    reversed: reversed ?? null,
    erased: document.erased ? { ...document.erased, reference: document.erased.reference ?? null } : null,
  });
}

function legDocument({ accountId, ownerId, direction, amount }: Leg): Leg {
  return { accountId, ownerId, direction, amount };
}

function dateOf(instant: Instant | null): Date | null {
  return instant === null ? null : new Date(instant);
}

function instantOf(date: Date | null | undefined): Instant | null {
  return date?.getTime() ?? null;
}

/** The idempotency record of a transfer's own command, in the transfer's document. */
export type InlineRecord = {
  /** The key's text: scope, operation and key in one. */
  readonly key: string;
  readonly request: string;
  readonly balances: string;
  readonly at: Date;
};
