import { hash } from 'node:crypto';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { PassbookError } from '../../../domain/errors.ts';
import { normaliseEmail } from '../../../domain/entities/user.ts';
import { networkOf, siteOf } from '../requests/client-address.ts';

export type ThrottleLimits = {
  /** How often one client's sign-ins may fail within `addressSeconds`. */
  readonly failuresPerAddress: number;
  /** How often one client may try to register within `addressSeconds`. */
  readonly registrationsPerAddress: number;
  readonly addressSeconds: number;
  /** How often one e-mail address may be tried for registration within `accountSeconds`. */
  readonly registrationsPerEmail: number;
  /** How often an account's sign-ins may fail from one network before its next ones from there have to wait. */
  readonly failuresPerAccount: number;
  /** How often an account's sign-ins may fail from unknown networks before each of those has fewer tries. */
  readonly strangersFailures: number;
  /** When an account's failures are forgotten, counted from the first. */
  readonly accountSeconds: number;
  /** The first wait; each failure doubles it. */
  readonly firstDelaySeconds: number;
  readonly maxDelaySeconds: number;
  /** How long an address from which an account was signed in is known as its owner's. */
  readonly familiarSeconds: number;
  /** How many addresses, and how many accounts, are remembered; some 600 bytes each. */
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

/** How many networks of one site count as one client, where an IPv6 provider hands out more than one. */
const NETWORKS_PER_SITE = 10;
/** How much longer an unknown network waits while many of them try one account. */
const ATTACK_DELAY_FACTOR = 16;

type Attempt = {
  readonly email: string;
  readonly address: string;
  /** What only the account's owner has, such as an open session. */
  readonly proof?: string;
};

type Turn = { readonly who: string; readonly free: number; readonly firstDelaySeconds: number };

/**
 * Slows down guessing. An account's failures count for the network that they come from, so that a stranger's never
 * keep its owner out: the first try from any network is looked at. Many strangers at one account leave each of them
 * that one try and a longer wait, and its owner, from a network or with a session known as theirs, none the worse.
 * Counts are this process's own.
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
   * Runs a registration unless its client made too many. Its network is known as the new owner's from then on.
   * @throws PassbookError `too_many_requests`, and whatever `attempt` throws
   */
  async register<T>({ email, address }: Attempt, attempt: () => Promise<T>): Promise<T> {
    await this.#addressRegistrations.consume(address);
    await this.#emailRegistrations.consume(normaliseEmail(email));
    const result = await attempt();
    await this.#familiar.add(pairOf({ email, address }));
    return result;
  }

  /**
   * Runs a sign-in unless it must wait. It is counted as failed from its start, so that many at once are too, and
   * taken back unless it failed for its credentials.
   * @throws PassbookError `too_many_requests`, and whatever `attempt` throws
   */
  async signIn<T>(from: Attempt, attempt: () => Promise<T>): Promise<T> {
    const pair = pairOf(from);
    const isKnown = from.proof !== undefined || (await this.#familiar.has(pair));
    const turns = isKnown ? [this.#ownersTurn(from)] : await this.#strangersTurns(from);

    // Strangers behind the same address do not count against an owner
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

  /** Past the free failures, one attempt a time; a refused one makes nobody's wait longer. */
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

/** Counts by network, and at ten times as many by site. */
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

/** Of one length, whatever a client sends, and telling nothing to who reads memory. */
function keyOf(text: string): string {
  return hash('sha256', text, 'base64url');
}
