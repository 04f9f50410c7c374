import { hash, randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';
import type { Clock, IdGenerator } from '../application/ports.ts';
import type { Digest } from '../domain/chain.ts';
import type { HexDigest } from '../domain/merkle.ts';

export const systemClock: Clock = { now: () => Date.now() };

const SALT_BYTES = 16;
/** Asking for random bytes costs more than the bytes: they are drawn for many salts at once, and each is used once. */
const pool = Buffer.alloc(256 * SALT_BYTES);
let used = pool.length;

export const systemIds: IdGenerator = {
  newId: () => v7(),
  newSalt: () => {
    if (used === pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    used += SALT_BYTES;
    return pool.toString('hex', used - SALT_BYTES, used);
  },
};

/** Of bytes in hexadecimal. */
export const sha256OfHex: HexDigest = (bytes) => hash('sha256', Buffer.from(bytes, 'hex'), 'hex');

export const sha256: Digest = (text) => hash('sha256', text, 'hex');
