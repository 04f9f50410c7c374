import { randomBytes } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import type { PasswordHasher } from '../../application/ports/user-store.ts';
import { PassbookError } from '../../domain/errors.ts';

export type PasswordHasherOptions = {
  /** How many are hashed at once, each on a thread of its own with 19 MiB; 2 unless given. */
  readonly concurrency?: number;
  /** How many more may wait for a turn; 100 unless given. */
  readonly queue?: number;
};

/** OWASP Password Storage Cheat Sheet, the second of its Argon2id rows; memory in KiB. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const HASH_BYTES = 32;
const SALT_BYTES = 16;

/** How every hash begins that was made with these parameters: argon2id, version 1.3. */
const PREFIX = `$argon2id$v=19$m=${PARAMETERS.memoryCost},t=${PARAMETERS.timeCost},p=${PARAMETERS.parallelism}$`;

/**
 * Argon2id. Its calls reject with PassbookError `queue_full` when too many wait.
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

/** Runs at most so many at once, in the order they came. */
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
      // The turn goes to the next in line, or is given up
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}

/** As the PHC string format has it: without padding. */
function base64(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}
