import { hash } from 'node:crypto';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { PassbookError } from '../../domain/errors.ts';
import { normaliseEmail } from '../../domain/user.ts';
import { networkOf } from './client-address.ts';

export type ThrottleLimits = {
  /** How often one client's sign-ins may fail within `addressSeconds`. */
  readonly failuresPerAddress: number;
  /** How often one client may try to register within `addressSeconds`. */
  readonly registrationsPerAddress: number;
  readonly addressSeconds: number;
  /** How often one e-mail address may be tried for registration within `accountSeconds`. */
  readonly registrationsPerEmail: number;
  /** How often an account's sign-ins may fail before its next ones have to wait. */
  readonly failuresPerAccount: number;
  /** When an account's failures are forgotten, counted from the first. */
  readonly accountSeconds: number;
  /** The first wait; each failure doubles it. */
  readonly firstDelaySeconds: number;
  readonly maxDelaySeconds: number;
  /** How long an address from which an account was signed in is known as its owner's. */
  readonly familiarSeconds: number;
  /** How many addresses, and how many accounts, are remembered. */
  readonly maxKeys: number;
};

const DEFAULT_LIMITS: ThrottleLimits = {
  failuresPerAddress: 100,
  registrationsPerAddress: 100,
  addressSeconds: 600,
  registrationsPerEmail: 10,
  failuresPerAccount: 5,
  accountSeconds: 86_400,
  firstDelaySeconds: 1,
  maxDelaySeconds: 900,
  familiarSeconds: 7 * 86_400,
  maxKeys: 100_000,
};

type Attempt = { readonly email: string; readonly address: string };

/**
 * Slows down guessing. Who comes from an address where the account was signed in before is counted apart, so that
 * strangers who keep failing cannot keep its owner out; and everybody's wait ends. Counts are this process's own.
 */
export class SignInThrottle {
  readonly #limits: ThrottleLimits;
  readonly #addressFailures: BoundedLimiter;
  readonly #addressRegistrations: BoundedLimiter;
  readonly #emailRegistrations: BoundedLimiter;
  readonly #accountFailures: BoundedLimiter;
  readonly #turns: BoundedLimiter;
  readonly #familiar: BoundedLimiter;

  constructor(limits: Partial<ThrottleLimits> = {}) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
    const { addressSeconds, accountSeconds, maxDelaySeconds, familiarSeconds, maxKeys } = this.#limits;
    const limiter = (points: number, duration: number) => new BoundedLimiter({ points, duration, maxKeys });
    this.#addressFailures = limiter(this.#limits.failuresPerAddress, addressSeconds);
    this.#addressRegistrations = limiter(this.#limits.registrationsPerAddress, addressSeconds);
    this.#emailRegistrations = limiter(this.#limits.registrationsPerEmail, accountSeconds);
    this.#accountFailures = limiter(this.#limits.failuresPerAccount, accountSeconds);
    this.#turns = limiter(1, maxDelaySeconds);
    this.#familiar = limiter(1, familiarSeconds);
  }

  /** @throws PassbookError `too_many_requests` */
  async takeRegistration({ email, address }: Attempt): Promise<void> {
    await this.#addressRegistrations.consume(networkOf(address));
    await this.#emailRegistrations.consume(normaliseEmail(email));
  }

  /**
   * Runs a sign-in unless it must wait. It is counted as failed from its start, so that many at once are too, and
   * taken back unless it failed for its credentials.
   * @throws PassbookError `too_many_requests`, and whatever `attempt` throws
   */
  async signIn<T>({ email, address }: Attempt, attempt: () => Promise<T>): Promise<T> {
    const network = networkOf(address);
    const pair = `${normaliseEmail(email)} ${network}`;
    const account = (await this.#familiar.has(pair)) ? pair : normaliseEmail(email);

    await this.#addressFailures.consume(network);
    await this.#takeTurn(account);
    try {
      const result = await attempt();
      await this.#familiar.add(pair);
      await this.#accountFailures.forget(account);
      await this.#turns.forget(account);
      await this.#addressFailures.giveBack(network);
      return result;
    } catch (error) {
      if (!(error instanceof PassbookError && error.code === 'invalid_credentials')) {
        await this.#accountFailures.giveBack(account);
        await this.#addressFailures.giveBack(network);
      }
      throw error;
    }
  }

  /** Past the free failures, one attempt a time; a refused one makes nobody's wait longer. */
  async #takeTurn(account: string): Promise<void> {
    const beyond = (await this.#accountFailures.add(account)) - this.#limits.failuresPerAccount;
    if (beyond <= 0) return;

    const { firstDelaySeconds, maxDelaySeconds } = this.#limits;
    const delaySeconds = Math.min(firstDelaySeconds * 2 ** (beyond - 1), maxDelaySeconds);
    try {
      await this.#turns.consume(account, delaySeconds);
    } catch (error) {
      await this.#accountFailures.giveBack(account);
      throw error;
    }
  }
}

/** Counts by key. What was not touched for longest is forgotten first, where the limiter alone would keep all. */
class BoundedLimiter {
  readonly #limiter: RateLimiterMemory;
  readonly #maxKeys: number;
  readonly #keys = new Set<string>();

  constructor({ points, duration, maxKeys }: { points: number; duration: number; maxKeys: number }) {
    this.#limiter = new RateLimiterMemory({ points, duration });
    this.#maxKeys = maxKeys;
  }

  /** @throws PassbookError `too_many_requests` */
  async consume(text: string, seconds?: number): Promise<void> {
    try {
      await this.#limiter.consume(
        this.#touch(text),
        1,
        seconds === undefined ? {} : { customDuration: seconds },
      );
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused;
      throw new PassbookError('too_many_requests', {
        retryAfterSeconds: Math.max(1, Math.ceil(refused.msBeforeNext / 1_000)),
      });
    }
  }

  /** How many there are with this one. */
  async add(text: string): Promise<number> {
    return (await this.#limiter.penalty(this.#touch(text))).consumedPoints;
  }

  async giveBack(text: string): Promise<void> {
    await this.#limiter.reward(this.#touch(text));
  }

  async has(text: string): Promise<boolean> {
    return (await this.#limiter.get(keyOf(text))) !== null;
  }

  async forget(text: string): Promise<void> {
    this.#keys.delete(keyOf(text));
    await this.#limiter.delete(keyOf(text));
  }

  #touch(text: string): string {
    const key = keyOf(text);
    this.#keys.delete(key);
    this.#keys.add(key);
    if (this.#keys.size > this.#maxKeys) {
      const [idle = key] = this.#keys;
      this.#keys.delete(idle);
      void this.#limiter.delete(idle);
    }
    return key;
  }
}

/** Of one length, whatever a client sends, and telling nothing to who reads memory. */
function keyOf(text: string): string {
  return hash('sha256', text, 'base64url');
}
