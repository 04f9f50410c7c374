import { hash } from 'node:crypto';
import type { Digest } from '../../domain/integrity/hash-chain.ts';

/** SHA-256 of a UTF-8 text, as 64 lower-case hexadecimal digits. */
export const sha256: Digest = (text) => hash('sha256', text, 'hex');
