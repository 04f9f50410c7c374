import { hash } from 'node:crypto';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { PassbookError } from '../../../domain/errors.ts';
import { normaliseEmail } from '../../../domain/entities/user.ts';
import { networkOf } from '../../../domain/entities/network.ts';
import { siteOf } from '../requests/client-address.ts';

export type ThrottleLimits = {
  /** Failed sign-ins allowed to one client within `addressSeconds`. */
  readonly failuresPerAddress: number;
  /** Registrations that one client may try within `addressSeconds`. */
  readonly registrationsPerAddress: number;
  readonly addressSeconds: number;
  /** Registrations that may be tried for one e-mail address within `accountSeconds`. */
  readonly registrationsPerEmail: number;
  /** Failed sign-ins to an account from one network before the next ones from there must wait. */
  readonly failuresPerAccount: number;
  /** Failed sign-ins to an account from all unknown networks before each of them gets fewer tries. */
  readonly strangersFailures: number;
  /** Lifetime of an account's failures, counted from the first one. */
  readonly accountSeconds: number;
  /** The first wait; each failure doubles it. */
  readonly firstDelaySeconds: number;
  readonly maxDelaySeconds: number;
  /** How long a network counts as the owner's after a sign-in from it. */
  readonly familiarSeconds: number;
  /** Keys that each limiter remembers, at about 600 bytes each. */
  readonly maxKeys: number;
};

const DEFAULT_LIMITS: ThrottleLimits = {
  failuresPerAddress: 100,
  registrationsPerAddress: 100,
  addressSeconds: 600,
  registrationsPerEmail: 10,
  failuresPerAccount: 5,
  strangersFailures: 100,
  accountSeconds: 86_400,
  firstDelaySeconds: 1,
  maxDelaySeconds: 900,
  familiarSeconds: 7 * 86_400,
  maxKeys: 10_000,
};

/** Factor for the limits of a site: an IPv6 provider may give one customer more than one network. */
const NETWORKS_PER_SITE = 10;
/** Factor for the wait of an unknown network while many of them try one account. */
const ATTACK_DELAY_FACTOR = 16;

type Attempt = {
  readonly email: string;
  readonly address: string;
  /** Evidence that only the account's owner has, such as an open session. */
  readonly proof?: string;
};

type Turn = { readonly who: string; readonly free: number; readonly firstDelaySeconds: number };

/**
 * Slows down password guessing. Failures of an account count per network, so a stranger's failures never lock the
 * owner out: the first try from any network is always checked. When many networks attack one account, each gets that
 * one try and a longer wait. The owner is not affected on a familiar network or with an open session.
 * Each process counts for itself.
 */
export class SignInThrottle {
  readonly #limits: ThrottleLimits;
  readonly #addressFailures: ClientLimiter;
  readonly #addressRegistrations: ClientLimiter;
  readonly #emailRegistrations: BoundedLimiter;
  readonly #failures: BoundedLimiter;
  readonly #strangersFailures: BoundedLimiter;
  readonly #turns: BoundedLimiter;
  readonly #familiar: BoundedLimiter;

  constructor(limits: Partial<ThrottleLimits> = {}) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
    const { addressSeconds, accountSeconds, maxDelaySeconds, familiarSeconds, maxKeys } = this.#limits;
    const limiter = (points: number, duration: number) => new BoundedLimiter({ points, duration, maxKeys });
    const clients = (points: number) => new ClientLimiter({ points, duration: addressSeconds, maxKeys });
    this.#addressFailures = clients(this.#limits.failuresPerAddress);
    this.#addressRegistrations = clients(this.#limits.registrationsPerAddress);
    this.#emailRegistrations = limiter(this.#limits.registrationsPerEmail, accountSeconds);
    this.#failures = limiter(this.#limits.failuresPerAccount, accountSeconds);
    this.#strangersFailures = limiter(this.#limits.strangersFailures, accountSeconds);
    this.#turns = limiter(1, maxDelaySeconds);
    this.#familiar = limiter(1, familiarSeconds);
  }

  /**
   * Runs a registration unless its client made too many. From then on its network counts as the new owner's.
   * @throws PassbookError `too_many_requests`, and anything that `attempt` throws
   */
  async register<T>({ email, address }: Attempt, attempt: () => Promise<T>): Promise<T> {
    await this.#addressRegistrations.consume(address);
    await this.#emailRegistrations.consume(normaliseEmail(email));
    const result = await attempt();
    await this.#familiar.add(pairOf({ email, address }));
    return result;
  }

  /**
   * Runs a sign-in unless it must wait. It counts as failed from its start, so that parallel attempts count too. The
   * failure is taken back unless the credentials were wrong.
   * @throws PassbookError `too_many_requests`, and anything that `attempt` throws
   */
  async signIn<T>(from: Attempt, attempt: () => Promise<T>): Promise<T> {
    const pair = pairOf(from);
    const isKnown = from.proof !== undefined || (await this.#familiar.has(pair));
    const turns = isKnown ? [this.#ownersTurn(from)] : await this.#strangersTurns(from);

    // Owners are exempt: strangers behind the same address must not lock them out
    if (!isKnown) await this.#addressFailures.consume(from.address);
    await this.#takeTurns(turns);
    if (!isKnown) await this.#strangersFailures.add(normaliseEmail(from.email));
    const takeBack = async () => {
      for (const { who } of turns) await this.#failures.giveBack(who);
      if (isKnown) return;
      await this.#addressFailures.giveBack(from.address);
      await this.#strangersFailures.giveBack(normaliseEmail(from.email));
    };
    try {
      const result = await attempt();
      await takeBack();
      await this.#familiar.add(pair);
      for (const { who } of turns) {
        await this.#failures.forget(who);
        await this.#turns.forget(who);
      }
      return result;
    } catch (error) {
      if (!(error instanceof PassbookError && error.code === 'invalid_credentials')) await takeBack();
      throw error;
    }
  }

  #ownersTurn({ email, address, proof }: Attempt): Turn {
    const { failuresPerAccount: free, firstDelaySeconds } = this.#limits;
    const who = proof === undefined ? pairOf({ email, address }) : `${normaliseEmail(email)} has ${proof}`;
    return { who, free, firstDelaySeconds };
  }

  async #strangersTurns({ email, address }: Attempt): Promise<readonly Turn[]> {
    const { strangersFailures, failuresPerAccount, firstDelaySeconds } = this.#limits;
    const isAttacked = (await this.#strangersFailures.count(normaliseEmail(email))) >= strangersFailures;
    const turn = isAttacked
      ? { free: 0, firstDelaySeconds: firstDelaySeconds * ATTACK_DELAY_FACTOR }
      : { free: failuresPerAccount, firstDelaySeconds };
    const site = siteOf(address);
    return [
      { ...turn, who: pairOf({ email, address }) },
      ...(site === undefined
        ? []
        : [
            {
              who: `${normaliseEmail(email)} site ${site}`,
              free: failuresPerAccount * NETWORKS_PER_SITE,
              firstDelaySeconds,
            },
          ]),
    ];
  }

  async #takeTurns(turns: readonly Turn[]): Promise<void> {
    const counted: string[] = [];
    try {
      for (const turn of turns) {
        counted.push(turn.who);
        await this.#takeTurn(turn);
      }
    } catch (error) {
      for (const who of counted) await this.#failures.giveBack(who);
      throw error;
    }
  }

  /** Allows one attempt per wait once the free failures are used up. A refused attempt does not lengthen the wait. */
  async #takeTurn({ who, free, firstDelaySeconds }: Turn): Promise<void> {
    const beyond = (await this.#failures.add(who)) - free;
    if (beyond <= 0) return;
    await this.#turns.consume(
      who,
      Math.min(firstDelaySeconds * 2 ** (beyond - 1), this.#limits.maxDelaySeconds),
    );
  }
}

function pairOf({ email, address }: Attempt): string {
  return `${normaliseEmail(email)} ${networkOf(address)}`;
}

/** Counts by network, and by site with a limit ten times as high. */
class ClientLimiter {
  readonly #networks: BoundedLimiter;
  readonly #sites: BoundedLimiter;

  constructor({ points, ...terms }: { points: number; duration: number; maxKeys: number }) {
    this.#networks = new BoundedLimiter({ ...terms, points });
    this.#sites = new BoundedLimiter({ ...terms, points: points * NETWORKS_PER_SITE });
  }

  /** @throws PassbookError `too_many_requests` */
  async consume(address: string): Promise<void> {
    const site = siteOf(address);
    if (site !== undefined) await this.#sites.consume(site);
    await this.#networks.consume(networkOf(address));
  }

  async giveBack(address: string): Promise<void> {
    const site = siteOf(address);
    if (site !== undefined) await this.#sites.giveBack(site);
    await this.#networks.giveBack(networkOf(address));
  }
}

/** Counts by key, and evicts the least recently used one. The limiter alone would keep all keys. */
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

  /** Adds one, and returns the new count. */
  async add(text: string): Promise<number> {
    return (await this.#limiter.penalty(this.#touch(text))).consumedPoints;
  }

  async count(text: string): Promise<number> {
    return (await this.#limiter.get(keyOf(text)))?.consumedPoints ?? 0;
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

/** A digest: its length does not depend on the client's input, and a memory dump reveals no address. */
function keyOf(text: string): string {
  return hash('sha256', text, 'base64url');
}
