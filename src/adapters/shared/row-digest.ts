/*
 * A digest in the row of an account, a transfer or an idempotency record, over the facts that no chain and no other row
 * repeats. It exposes a change by hand. If someone changes both row and digest, a checkpoint that contains the fact
 * exposes it.
 */
import type { Account } from '../../domain/entities/account.ts';
import { canonicalMetadata, NONE, sealTransfer } from '../../domain/integrity/hash-chain.ts';
import type { Digest } from '../../domain/integrity/hash-chain.ts';
import type { Transfer } from '../../domain/entities/transfer.ts';

type FormerFacts = 'id' | 'ownerId' | 'purpose' | 'currency' | 'exponent' | 'class' | 'createdAt' | 'name';

/** The text of rows from before accounts had numbers. Migrations compare with its digest. */
export function formerAccountText(account: Pick<Account, FormerFacts>): string {
  return JSON.stringify(['account 1', ...formerFacts(account)]);
}

/** The facts at an account's opening, its name and its metadata. */
export function accountText(account: Account): string {
  const { number, externalId, metadata } = account;
  const added = [number, externalId, metadata && canonicalMetadata(metadata)];
  return JSON.stringify(['account 2', ...formerFacts(account), ...added]);
}

function formerFacts(account: Pick<Account, FormerFacts>): readonly unknown[] {
  const { id, ownerId, purpose, currency, exponent, createdAt, name } = account;
  return [id, ownerId, purpose, currency, exponent, account.class, createdAt, name];
}

/** The idempotency record of a transfer's own command, as stored in the transfer's row. */
export type RecordInRow = {
  readonly key: string;
  readonly request: string;
  readonly balances: string;
  /** In milliseconds. */
  readonly at: number;
};

/**
 * The payer's name and the record. The chain covers the rest; only a rejected transfer has no chain, so all its facts
 * are here. Erasable texts appear as digests, which outlive their erasure.
 */
export function transferText(transfer: Transfer, record: RecordInRow | undefined, digest: Digest): string {
  const { id, payerName } = transfer;
  const recorded = record ? `${record.key}\n${record.request}\n${record.balances}\n${record.at}` : '-';
  const rejected = transfer.status === 'rejected' ? rejectedText(transfer, digest) : '-';
  return `transfer 1\n${id}\n${recorded}\n${rejected}\n${JSON.stringify(payerName)}`;
}

function rejectedText(transfer: Transfer, digest: Digest): string {
  const { kind, code, currency, exponent, salt, createdAt, expiresAt, reverses, batchId, legs } = transfer;
  const { parties, description, metadata, reference } = sealTransfer(transfer, digest);
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
    // The parties' digest covers the external id. Rows from before references have none
    ...(reference === NONE ? [] : [reference]),
  ]);
}

/** Converts any stored value to a text in which a bigint differs from the equal number. */
export function valueText(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one));
}

/** 32 hexadecimal digits: half of a SHA-256, which keeps rows short. */
export function rowDigest(text: string, digest: Digest): string {
  return digest(text).slice(0, 32);
}
