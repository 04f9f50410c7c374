import { randomBytes, randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';
import type { PasswordHasher } from '../../application/ports/user-store.ts';
import { PassbookError } from '../../domain/errors.ts';

export type PasswordHasherOptions = {
  /** Passwords hashed at once, each on its own thread with 19 MiB. Default: `hashesAtOnce()`. */
  readonly concurrency?: number;
  /** Calls that may wait beyond those. Default: 300, some 10 seconds of one core. */
  readonly queue?: number;
};

/** The second Argon2id configuration of the OWASP Password Storage Cheat Sheet. Memory in KiB. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const HASH_BYTES = 32;
const SALT_BYTES = 16;

/** Hashes run in libuv's pool of four threads. One is left for the signatures of tokens and for files. */
const MOST_AT_ONCE = 3;
/** Longest `Retry-After`. Refused callers get different ones, so that they do not come back together. */
const MOST_RETRY_SECONDS = 10;

/** Prefix of every hash with these parameters: argon2id, version 1.3. */
const PREFIX = `$argon2id$v=19$m=${PARAMETERS.memoryCost},t=${PARAMETERS.timeCost},p=${PARAMETERS.parallelism}$`;

/**
 * Returns how many hashes at once leave a core for everything else. On two cores, two hashes at once multiply the p99 of transfers by 3.8
 * during 200 sign-ins, and one by 2.3 (`npm run bench -- sign-in-storm`).
 */
export function hashesAtOnce(cores: number = availableParallelism()): number {
  return Math.max(1, Math.min(cores - 1, MOST_AT_ONCE));
}

/**
 * Creates an Argon2id hasher. Its calls reject with PassbookError `queue_full` when too many wait.
 * @throws TypeError for a concurrency below 1
 */
export function createPasswordHasher({
  concurrency = hashesAtOnce(),
  queue = 300,
}: PasswordHasherOptions = {}): PasswordHasher {
  const takeTurn = turns({ concurrency, queue });
  const nobody = `${PREFIX}${base64(randomBytes(SALT_BYTES))}$${base64(randomBytes(HASH_BYTES))}`;
  return {
    hash: (password) => takeTurn(() => hash(password, { ...PARAMETERS, outputLen: HASH_BYTES })),
    verify: (password, stored) => takeTurn(() => verify(stored ?? nobody, password)),
    isOutdated: (stored) => !stored.startsWith(PREFIX),
  };
}

/** Runs at most `concurrency` calls at once, first come, first served. */
function turns({ concurrency, queue }: Required<PasswordHasherOptions>) {
  if (concurrency < 1) throw new TypeError('"concurrency" must be 1 or more');
  const waiting: (() => void)[] = [];
  let running = 0;

  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= concurrency) {
      if (waiting.length >= queue) {
        throw new PassbookError('queue_full', { retryAfterSeconds: randomInt(1, MOST_RETRY_SECONDS + 1) });
      }
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running += 1;
    }
    try {
      return await work();
    } finally {
      // Pass the slot to the next waiting call, or free it
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}

/** Base64 without padding, as in the PHC string format. */
function base64(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}
