import { hash } from 'node:crypto';
import type { Digest } from '../../domain/integrity/hash-chain.ts';

/** SHA-256 of a UTF-8 text, as 64 lower-case hexadecimal digits. */
export const sha256: Digest = (text) => hash('sha256', text, 'hex');

/** SHA-256 of a UTF-8 text, in base64url. For secrets, of which no store has more. */
export const sha256Url: Digest = (text) => hash('sha256', text, 'base64url');
