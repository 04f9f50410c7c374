import { sha256 } from '../../shared/sha256.ts';
import { Binary } from 'mongodb';
import { rowDigest } from '../../shared/row-digest.ts';

/** The digest of this text for a document. */
export function digestBinary(text: string): Binary {
  return new Binary(Buffer.from(rowDigest(text, sha256), 'hex'));
}
