import { sha256 } from '../../shared/sha256.ts';
import { rowDigest } from '../../shared/row-digest.ts';

/** The ledger has digests and salts in hexadecimal. The file has them as bytes, in half the space. */
export function toBytes(hexadecimal: string): Uint8Array {
  return Buffer.from(hexadecimal, 'hex');
}

export function toHexadecimal(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** The digest of this text for a row. */
export function digestBytes(text: string): Uint8Array {
  return toBytes(rowDigest(text, sha256));
}
