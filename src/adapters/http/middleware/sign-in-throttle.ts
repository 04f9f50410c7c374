import type { ThrottleCounts } from '../../../application/ports/throttle-counts.ts';
import { PassbookError } from '../../../domain/errors.ts';
import type { ErrorCode } from '../../../domain/errors.ts';
import { normaliseEmail } from '../../../domain/entities/user.ts';
import { networkOf } from '../../../domain/entities/network.ts';
import { siteOf } from '../requests/client-address.ts';
import { InsuredCounts, Limiter, NETWORKS_PER_SITE } from './limiter.ts';
import type { Quota } from './limiter.ts';

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
  /** Keys of each kind that a process remembers itself, at about 200 bytes each. */
  readonly maxKeys: number;
  /** Counts of all servers. Undefined: this process counts for itself. */
  readonly shared: ThrottleCounts | undefined;
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
  shared: undefined,
};

/** Factor for the wait of an unknown network while many of them try one account. */
const ATTACK_DELAY_FACTOR = 16;
const WRONG_PASSWORD = 'invalid_credentials' satisfies ErrorCode;

type Attempt = {
  readonly email: string;
  readonly address: string;
  /** Evidence that only the account's owner has, such as an open session. */
  readonly proof?: string;
};

/** Counts by an e-mail address, by the network of an address, or by an id. */
type Who = { readonly email: string } | { readonly address: string } | { readonly id: string };

type Turn = { readonly who: string; readonly free: number; readonly firstDelaySeconds: number };

/**
 * Slows down password guessing. Failures of an account count per network, so a stranger's failures never lock the
 * owner out: the first try from any network is always checked. When many networks attack one account, each gets that
 * one try and a longer wait. The owner is not affected on a familiar network or with an open session.
 * Servers of one database share the counts. While it cannot be reached, each process counts for itself.
 */
export class SignInThrottle {
  readonly #limits: ThrottleLimits;
  readonly #addressFailures: Limiter;
  readonly #addressRegistrations: Limiter;
  readonly #emailRegistrations: Limiter;
  readonly #failures: Limiter;
  readonly #strangersFailures: Limiter;
  readonly #turns: Limiter;
  readonly #familiar: Limiter;
  readonly #quotas = new Map<string, Limiter>();
  readonly #newLimiter: (kind: string) => Limiter;

  constructor(limits: Partial<ThrottleLimits> = {}) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
    const { maxKeys, shared } = this.#limits;
    const counts = new InsuredCounts(shared);
    this.#newLimiter = (kind) => new Limiter({ kind, counts, maxKeys });
    this.#addressFailures = this.#newLimiter('failures of address');
    this.#addressRegistrations = this.#newLimiter('registrations of address');
    this.#emailRegistrations = this.#newLimiter('registrations of e-mail');
    this.#failures = this.#newLimiter('failures');
    this.#strangersFailures = this.#newLimiter('failures of strangers');
    this.#turns = this.#newLimiter('turn');
    this.#familiar = this.#newLimiter('familiar');
  }

  /**
   * Runs a registration unless its client made too many. From then on its network counts as the new owner's.
   * @throws PassbookError `too_many_requests`, and anything that `attempt` throws
   */
  async register<T>({ email, address }: Attempt, attempt: () => Promise<T>): Promise<T> {
    const { registrationsPerAddress, addressSeconds, registrationsPerEmail, accountSeconds } = this.#limits;
    const [ofAddress, ofEmail] = [
      { points: registrationsPerAddress, seconds: addressSeconds },
      { points: registrationsPerEmail, seconds: accountSeconds },
    ];
    await this.#addressRegistrations.consumeFrom(address, ofAddress);
    await this.#emailRegistrations.consume(normaliseEmail(email), ofEmail);
    const result = await attempt();
    await this.#familiar.renew(pairOf({ email, address }), this.#limits.familiarSeconds);
    return result;
  }

  /**
   * Runs a sign-in unless it must wait. It counts as failed from its start, so that parallel attempts count too. The
   * failure is taken back unless the credentials were wrong.
   * @throws PassbookError `too_many_requests`, and anything that `attempt` throws
   */
  async signIn<T>(from: Attempt, attempt: () => Promise<T>): Promise<T> {
    const { failuresPerAddress, addressSeconds, familiarSeconds } = this.#limits;
    const pair = pairOf(from);
    const isKnown = from.proof !== undefined || (await this.#familiar.has(pair));
    const turns = isKnown ? [this.#ownersTurn(from)] : await this.#strangersTurns(from);

    // Owners are exempt: strangers behind the same address must not lock them out
    if (!isKnown) {
      const quota = { points: failuresPerAddress, seconds: addressSeconds };
      await this.#addressFailures.consumeFrom(from.address, quota);
    }
    const counted = isKnown ? attempt : () => this.#asStranger(from, attempt);
    const result = await this.#inTurns(turns, WRONG_PASSWORD, counted);
    await this.#familiar.renew(pair, familiarSeconds);
    return result;
  }

  /**
   * Runs any other proof of identity, such as a second factor's code, unless it must wait. Failures count by `kind` and
   * `who`, such as a user's id. Their waits grow like those of a sign-in from one network.
   * @param wrong code of the error that is a failure. Default: `invalid_credentials`
   * @throws PassbookError `too_many_requests`, and anything that `attempt` throws
   * @example await throttle.guard({ kind: 'second factor', who: user.id }, () => bank.confirmCode(user.id, code));
   */
  async guard<T>(
    { kind, who, wrong = WRONG_PASSWORD }: { kind: string; who: string; wrong?: ErrorCode },
    attempt: () => Promise<T>,
  ): Promise<T> {
    const { failuresPerAccount: free, firstDelaySeconds } = this.#limits;
    return this.#inTurns([{ who: `${kind}: ${who}`, free, firstDelaySeconds }], wrong, attempt);
  }

  /**
   * Takes one of the `points` that `who` has within `seconds` for this kind of request.
   * @throws PassbookError `too_many_requests`
   * @example await throttle.consume('forgotten password', { address }, { points: 20, seconds: 600 });
   */
  async consume(kind: string, who: Who, quota: Quota): Promise<void> {
    const limiter = this.#quotas.get(kind) ?? this.#newLimiter(`quota ${kind}`);
    this.#quotas.set(kind, limiter);
    if ('address' in who) return limiter.consumeFrom(who.address, quota);
    return limiter.consume('email' in who ? `e-mail ${normaliseEmail(who.email)}` : who.id, quota);
  }

  async #asStranger<T>({ email, address }: Attempt, attempt: () => Promise<T>): Promise<T> {
    const who = normaliseEmail(email);
    await this.#strangersFailures.add(who, this.#limits.accountSeconds);
    return undoneUnless(WRONG_PASSWORD, attempt, async () => {
      await Promise.all([this.#addressFailures.giveBackFrom(address), this.#strangersFailures.giveBack(who)]);
    });
  }

  /** Runs the attempt when each turn is free, and forgets their failures if it succeeds. */
  async #inTurns<T>(turns: readonly Turn[], wrong: ErrorCode, attempt: () => Promise<T>): Promise<T> {
    const whose = turns.map(({ who }) => who);
    await this.#takeTurns(turns);
    const result = await undoneUnless(wrong, attempt, async () => {
      await Promise.all(whose.map((who) => this.#failures.giveBack(who)));
    });
    await Promise.all(whose.flatMap((who) => [this.#failures.forget(who), this.#turns.forget(who)]));
    return result;
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
    const { accountSeconds, maxDelaySeconds } = this.#limits;
    const beyond = (await this.#failures.add(who, accountSeconds)) - free;
    if (beyond <= 0) return;
    const seconds = Math.min(firstDelaySeconds * 2 ** (beyond - 1), maxDelaySeconds);
    await this.#turns.consume(who, { points: 1, seconds });
  }
}

function pairOf({ email, address }: Attempt): string {
  return `${normaliseEmail(email)} ${networkOf(address)}`;
}

/** Runs the attempt and then `undo`, which an error with the code `wrong` prevents. */
async function undoneUnless<T>(
  wrong: ErrorCode,
  attempt: () => Promise<T>,
  undo: () => Promise<void>,
): Promise<T> {
  let isWrong = false;
  try {
    return await attempt();
  } catch (error) {
    isWrong = error instanceof PassbookError && error.code === wrong;
    throw error;
  } finally {
    if (!isWrong) await undo();
  }
}

/** Slows down the guessing of codes. All wrong ones of a person count, wherever they are entered. */
export function guardSecondFactor<T>(
  throttle: SignInThrottle,
  email: string,
  attempt: () => Promise<T>,
): Promise<T> {
  const who = normaliseEmail(email);
  return throttle.guard({ kind: 'second factor', who, wrong: 'invalid_second_factor' }, attempt);
}
