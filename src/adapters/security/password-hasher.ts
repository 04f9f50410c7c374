import { randomBytes } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import type { PasswordHasher } from '../../application/ports/user-store.ts';
import { PassbookError } from '../../domain/errors.ts';

export type PasswordHasherOptions = {
  /** Passwords hashed at once, each on its own thread with 19 MiB. Default: 2. */
  readonly concurrency?: number;
  /** Calls that may wait beyond those. Default: 100. */
  readonly queue?: number;
};

/** The second Argon2id configuration of the OWASP Password Storage Cheat Sheet. Memory in KiB. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const HASH_BYTES = 32;
const SALT_BYTES = 16;

/** Prefix of every hash with these parameters: argon2id, version 1.3. */
const PREFIX = `$argon2id$v=19$m=${PARAMETERS.memoryCost},t=${PARAMETERS.timeCost},p=${PARAMETERS.parallelism}$`;

/**
 * Creates an Argon2id hasher. Its calls reject with PassbookError `queue_full` when too many wait.
 * @throws TypeError for a concurrency below 1
 */
export function createPasswordHasher({
  concurrency = 2,
  queue = 100,
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
      if (waiting.length >= queue) throw new PassbookError('queue_full', { retryAfterSeconds: 1 });
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
