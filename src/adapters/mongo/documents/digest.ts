import { hash } from 'node:crypto';
import { Binary } from 'mongodb';
import { rowDigest } from '../../shared/row-digest.ts';
import type { Digest } from '../../../domain/integrity/hash-chain.ts';

export const sha256: Digest = (text) => hash('sha256', text, 'hex');

/** The digest of this text for a document. */
export function digestOf(text: string): Binary {
  return new Binary(Buffer.from(rowDigest(text, sha256), 'hex'));
}
