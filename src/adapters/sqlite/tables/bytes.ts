import { hash } from 'node:crypto';
import { rowDigest } from '../../shared/row-digest.ts';
import type { Digest } from '../../../domain/integrity/hash-chain.ts';

/** Digests and salts are hexadecimal in the ledger, and half as long in the file. */
export function toBytes(hexadecimal: string): Uint8Array {
  return Buffer.from(hexadecimal, 'hex');
}

export function toHexadecimal(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

export const sha256: Digest = (text) => hash('sha256', text, 'hex');

/** The digest that a row keeps of this text. */
export function digestOf(text: string): Uint8Array {
  return toBytes(rowDigest(text, sha256));
}
