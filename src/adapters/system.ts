import { hash, randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';
import type { Clock, IdGenerator } from '../application/ports/runtime.ts';
import type { HexDigest } from '../domain/integrity/merkle-tree.ts';

export const systemClock: Clock = { now: () => Date.now() };

const DRAWN_BYTES = 16;
/** Asking for random bytes costs more than the bytes: they are drawn for many at once, and each is used once. */
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
 * In the order they are asked for: within a millisecond, and where the clock is set back, by a sequence that begins at
 * random with a bit to spare (https://www.rfc-editor.org/rfc/rfc9562#section-6.2, method 2).
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

export const systemIds: IdGenerator = { newId, newSalt: () => draw().toString('hex') };

/** Of bytes in hexadecimal. */
export const sha256OfHex: HexDigest = (bytes) => hash('sha256', Buffer.from(bytes, 'hex'), 'hex');
