import { Binary } from 'mongodb';
import { LedgerEntry } from '../../../domain/entities/ledger-entry.ts';
import type { EntryStep } from '../../../domain/entities/counters.ts';
import type { Leg } from '../../../domain/entities/transfer.ts';

/** An entry within its transfer's document: appended, and never changed or removed. */
export type EntryDocument = {
  /** Index of the transfer's leg, which gives the account and the direction. */
  readonly leg: number;
  readonly sequence: bigint;
  readonly step: EntryStep;
  readonly posted: bigint;
  readonly pending: bigint;
  readonly debitsPosted: bigint;
  readonly creditsPosted: bigint;
  readonly debitsPending: bigint;
  readonly creditsPending: bigint;
  readonly at: Date;
  readonly hash: Binary;
};

export function entryDocument(entry: LedgerEntry, legs: readonly Leg[]): EntryDocument {
  const { after } = entry;
  return {
    leg: legs.findIndex(({ accountId }) => accountId === entry.accountId),
    sequence: BigInt(entry.sequence),
    step: entry.step,
    posted: entry.posted,
    pending: entry.pending,
    debitsPosted: after.debitsPosted,
    creditsPosted: after.creditsPosted,
    debitsPending: after.debitsPending,
    creditsPending: after.creditsPending,
    at: new Date(entry.at),
    hash: hashToBinary(entry.hash),
  };
}

/** @throws TypeError for an entry of a leg that its transfer does not have */
export function entryOf(
  document: EntryDocument,
  transfer: { readonly _id: string; readonly legs: readonly Leg[] },
): LedgerEntry {
  const leg = transfer.legs[document.leg];
  if (!leg) throw new TypeError(`Transfer ${transfer._id} has no leg ${document.leg}`);
  return LedgerEntry.restore({
    accountId: leg.accountId,
    sequence: Number(document.sequence),
    transferId: transfer._id,
    step: document.step,
    direction: leg.direction,
    posted: document.posted,
    pending: document.pending,
    after: {
      debitsPosted: document.debitsPosted,
      creditsPosted: document.creditsPosted,
      debitsPending: document.debitsPending,
      creditsPending: document.creditsPending,
    },
    at: document.at.getTime(),
    hash: hashOf(document.hash),
  });
}

function hashToBinary(hexadecimal: string): Binary {
  return new Binary(Buffer.from(hexadecimal, 'hex'));
}

function hashOf(binary: Binary): string {
  return Buffer.from(binary.buffer).toString('hex');
}

const DIGITS = 16;

/**
 * The entry key: account and sequence as one text. It is unique between all processes, and sorts in the order of the
 * book. An account's sequence has no gaps, so a page is all keys between two, and needs no sort.
 */
export function entryKey({ accountId, sequence }: { accountId: string; sequence: number }): string {
  return `${accountId} ${sequence.toString().padStart(DIGITS, '0')}`;
}

/** The account and sequence of an entry key. */
export function placeFrom(place: string): { readonly accountId: string; readonly sequence: number } {
  const end = place.lastIndexOf(' ');
  return { accountId: place.slice(0, end), sequence: Number(place.slice(end + 1)) };
}

/** Filter for documents with entries of an account between two sequences, both included. */
export function entryKeysBetween(accountId: string, { first, last }: { first: number; last: number }) {
  const place = (sequence: number) => entryKey({ accountId, sequence });
  return { places: { $elemMatch: { $gte: place(first), $lte: place(last) } } };
}
