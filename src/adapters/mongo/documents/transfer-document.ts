import type { Binary } from 'mongodb';
import type { LedgerEntry } from '../../../domain/entities/ledger-entry.ts';
import { Transfer } from '../../../domain/entities/transfer.ts';
import type { Leg, TransferState } from '../../../domain/entities/transfer.ts';
import type { Instant } from '../../../domain/time.ts';
import { omitAbsent } from '../../shared/omit-absent.ts';
import { transferText } from '../../shared/row-digest.ts';
import { digestOf, sha256 } from './digest.ts';
import { entryDocument, entryOf, entryKey } from './entry-document.ts';
import type { EntryDocument } from './entry-document.ts';

type Dated = 'expiresAt' | 'createdAt' | 'completedAt';
type Facts = Omit<TransferState, 'id' | Dated> & {
  readonly expiresAt: Date | null;
  readonly createdAt: Date;
  readonly completedAt: Date | null;
};
/** What is null is left out: most of a transfer's fields are, and each costs at every turn. */
type Sparse<T> = { readonly [K in keyof T as null extends T[K] ? K : never]?: NonNullable<T[K]> } & {
  readonly [K in keyof T as null extends T[K] ? never : K]: T[K];
};

/**
 * A transfer with all that belongs to it: its entries and, where it was made under a key by itself, the record of
 * that. One document and its index entries cost the server less than half of what a document for each costs.
 */
export type TransferDocument = Sparse<Facts> & {
  readonly _id: string;
  /** Whose list it stands in beside their books. */
  readonly unbookedFor?: string;
  /** Of a hold for as long as it is pending: what two indexes have of it, to sum what is due by them alone. */
  readonly reserved?: Reserved;
  /** None where it was rejected; so with what follows. */
  readonly entries?: readonly EntryDocument[];
  /** Of its entries: `placeOf` each. */
  readonly places?: readonly string[];
  readonly record?: InlineRecord;
  /** Covers what no entry covers of the transfer and its record. */
  readonly digest: Binary;
};

/** What of a transfer's document tells its entries: half of it, and reading the rest costs more than finding it. */
export type EntriesPart = Pick<TransferDocument, '_id' | 'legs' | 'entries'>;
export const ENTRIES_PART = { projection: { legs: 1, entries: 1 } } as const;

/** Of a transfer, what a later step may change. */
export type StoredProgress = Pick<Facts, 'status' | 'code' | 'completedAt' | 'amountCaptured' | 'reversed'>;

export type Reserved = {
  /** The accounts. */
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
    digest: transferDigest(transfer, record),
  };
}

export function transferDigest(transfer: Transfer, record: InlineRecord | undefined): Binary {
  return digestOf(transferText(transfer, record && { ...record, at: record.at.getTime() }, sha256));
}

/** What a pending hold reserves on its two accounts; undefined for every other transfer. */
export function reservedOf(transfer: Transfer): Reserved | undefined {
  if (transfer.status !== 'pending') return undefined;
  const { source, destination, amount } = transfer;
  return { debited: source.accountId, credited: destination.accountId, amount };
}

/** None where it was rejected. */
export function storedEntries(document: EntriesPart): readonly LedgerEntry[] {
  return (document.entries ?? []).map((entry) => entryOf(entry, document));
}

/** What one step adds to a transfer that is there. */
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

/** As it stands, or as it stood. */
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
    metadata: document.metadata ?? null,
    salt: document.salt,
    expiresAt: instantOf(document.expiresAt),
    reverses: document.reverses ?? null,
    batchId: document.batchId ?? null,
    createdAt: document.createdAt.getTime(),
    completedAt: instantOf(completedAt),
    amountCaptured: amountCaptured ?? null,
    reversed: reversed ?? null,
    erased: document.erased ?? null,
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

/** The record of the command that made a transfer, in the transfer's own document. */
export type InlineRecord = {
  /** The key's text: scope, operation and key in one. */
  readonly key: string;
  readonly request: string;
  readonly balances: string;
  readonly at: Date;
};
