import { hash, randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';
import { randomDigits } from './shared/random-digits.ts';
import type { Clock, IdGenerator } from '../application/ports/runtime.ts';
import type { HexDigest } from '../domain/integrity/merkle-tree.ts';

export const systemClock: Clock = { now: () => Date.now() };

const DRAWN_BYTES = 16;
/** Random bytes for many draws: a call costs more than the bytes. Each byte is used once. */
const pool = Buffer.alloc(256 * DRAWN_BYTES);
let used = pool.length;

function draw(): Buffer {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += DRAWN_BYTES;
  return pool.subarray(used - DRAWN_BYTES, used);
}

let lastMs = -Infinity;
let sequence = 0;

/**
 * Returns a UUID v7 above all earlier ones. Within a millisecond, and after the clock is set back, a counter orders
 * them. It starts at random, with its top bit clear (https://www.rfc-editor.org/rfc/rfc9562#section-6.2, method 2).
 */
function newId(): string {
  const random = draw();
  const now = Date.now();
  if (now > lastMs) {
    lastMs = now;
    sequence = random.readUInt32BE(6) >>> 1;
  } else {
    sequence = (sequence + 1) >>> 0;
    if (sequence === 0) lastMs++;
  }
  return v7({ msecs: lastMs, seq: sequence, random });
}

export const systemIds: IdGenerator = {
  newId,
  newSalt: () => draw().toString('hex'),
  newDigits: randomDigits,
};

/** The SHA-256 of bytes given in hexadecimal. */
export const sha256OfHex: HexDigest = (bytes) => hash('sha256', Buffer.from(bytes, 'hex'), 'hex');
