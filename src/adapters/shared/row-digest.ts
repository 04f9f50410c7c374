/*
 * A digest in the row of an account, a transfer or an idempotency record, over the facts that neither a chain nor
 * another row repeats. It exposes a change by hand. A person who changes the row and its digest is exposed by a
 * checkpoint, where the fact is in one.
 */
import type { Account } from '../../domain/entities/account.ts';
import { sealTransfer } from '../../domain/integrity/hash-chain.ts';
import type { Digest } from '../../domain/integrity/hash-chain.ts';
import type { Transfer } from '../../domain/entities/transfer.ts';

/** The facts an account was opened with, and its name. */
export function accountText(account: Account): string {
  const { id, ownerId, purpose, currency, exponent, createdAt, name } = account;
  return JSON.stringify([
    'account 1',
    id,
    ownerId,
    purpose,
    currency,
    exponent,
    account.class,
    createdAt,
    name,
  ]);
}

/** The record of the command that made a transfer, as the transfer's row holds it. */
export type RecordInRow = {
  readonly key: string;
  readonly request: string;
  readonly balances: string;
  /** In milliseconds. */
  readonly at: number;
};

/**
 * The payer's name and the record. The chain covers the rest, except where the transfer was rejected: then all facts.
 * Texts stand as the digests that outlive their erasure.
 */
export function transferText(transfer: Transfer, record: RecordInRow | undefined, digest: Digest): string {
  const { id, payerName } = transfer;
  const recorded = record ? `${record.key}\n${record.request}\n${record.balances}\n${record.at}` : '-';
  const rejected = transfer.status === 'rejected' ? rejectedText(transfer, digest) : '-';
  return `transfer 1\n${id}\n${recorded}\n${rejected}\n${JSON.stringify(payerName)}`;
}

function rejectedText(transfer: Transfer, digest: Digest): string {
  const { kind, code, currency, exponent, salt, createdAt, expiresAt, reverses, batchId, legs } = transfer;
  const { parties, description, metadata } = sealTransfer(transfer, digest);
  const owners = legs.map(({ ownerId }) => ownerId);
  const seal = [parties, description, metadata, owners];
  return JSON.stringify([
    kind,
    code,
    currency,
    exponent,
    salt,
    createdAt,
    expiresAt,
    reverses,
    batchId,
    ...seal,
  ]);
}

/** Any value a store keeps, as one text; a bigint differs from the number it equals. */
export function valueText(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one));
}

/** 32 hexadecimal digits: half of a SHA-256, as a row is read and written whole. */
export function rowDigest(text: string, digest: Digest): string {
  return digest(text).slice(0, 32);
}
