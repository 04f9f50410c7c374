import { hash } from 'node:crypto';
import { createMiddleware } from 'hono/factory';
import type { SharedCounts } from '../../../application/ports/shared-counts.ts';
import type { HttpEnv } from '../env.ts';
import { networkOf } from '../../../domain/entities/network.ts';
import { clientAddress } from '../requests/client-address.ts';
import { withHeaders } from '../responses/headers.ts';
import { sendProblem } from '../responses/problem.ts';
import type { SessionReader } from './session-middleware.ts';

export type RequestLimits = {
  /** Requests that one person, or one network before sign-in, may send per minute. 0: no limit. */
  readonly perMinute: number;
  /** Maximum of callers remembered. A forgotten one starts anew. */
  readonly maxCallers: number;
  /** Counts of all servers. Undefined: this process counts for itself. */
  readonly shared: SharedCounts | undefined;
  /** Returns milliseconds since 1970. Default: the machine's clock. */
  readonly now: () => number;
};

type Counted = {
  readonly isRefused: boolean;
  readonly left: number;
  /** Seconds until the minute ends. */
  readonly seconds: number;
};

type Count = {
  /** Requests in this minute, of all servers as far as they are known. */
  total: number;
  /** Requests that the other servers do not know of. */
  unshared: number;
};

const PER_MINUTE = 30_000;
const MINUTE_MS = 60_000;
/** Part of a caller's limit that a server counts before it shares: quiet callers cost the database nothing. */
const SHARED_PARTS = 10;

/**
 * Counts requests by caller in minutes of the clock, so that servers agree on them. A refused request does not count.
 * Servers share counts of busy callers after the fact: no request waits for the database.
 */
export class RequestLimit {
  readonly #limits: RequestLimits;
  #minute = 0;
  #counts = new Map<string, Count>();
  #due = new Map<string, Count>();
  #isSharing = false;

  constructor(limits: Partial<RequestLimits> = {}) {
    const now = () => Date.now();
    this.#limits = { perMinute: PER_MINUTE, maxCallers: 100_000, shared: undefined, now, ...limits };
  }

  get perMinute(): number {
    return this.#limits.perMinute;
  }

  take(caller: string): Counted {
    const { perMinute, shared } = this.#limits;
    const now = this.#limits.now();
    const minute = Math.floor(now / MINUTE_MS);
    if (minute !== this.#minute) this.#begin(minute);
    const seconds = Math.ceil(((minute + 1) * MINUTE_MS - now) / 1_000);
    const count = this.#counts.get(caller) ?? this.#add(caller);
    if (count.total >= perMinute) return { isRefused: true, left: 0, seconds };

    count.total++;
    if (shared && ++count.unshared * SHARED_PARTS >= perMinute) this.#shareSoon(shared, caller, count);
    return { isRefused: false, left: perMinute - count.total, seconds };
  }

  #begin(minute: number): void {
    this.#minute = minute;
    this.#counts = new Map();
    this.#due = new Map();
  }

  #add(caller: string): Count {
    if (this.#counts.size >= this.#limits.maxCallers) {
      const [first = caller] = this.#counts.keys();
      this.#counts.delete(first);
    }
    const count = { total: 0, unshared: 0 };
    this.#counts.set(caller, count);
    return count;
  }

  #shareSoon(shared: SharedCounts, caller: string, count: Count): void {
    this.#due.set(caller, count);
    if (!this.#isSharing) void this.#shareAll(shared);
  }

  /** One exchange at a time takes all counts that are due by then. */
  async #shareAll(shared: SharedCounts): Promise<void> {
    this.#isSharing = true;
    while (this.#due.size > 0) {
      const due = new Map([...this.#due].map(([caller, count]) => [nameOf(caller), count]));
      this.#due = new Map();
      const added = new Map([...due].map(([name, { unshared }]) => [name, unshared]));
      for (const count of due.values()) count.unshared = 0;
      // Without the database, each server counts for itself
      const sums = await shared.add(this.#minute, added).catch(() => new Map<string, number>());
      for (const [name, count] of due) {
        count.total = Math.max(count.total, (sums.get(name) ?? 0) + count.unshared);
      }
    }
    this.#isSharing = false;
  }
}

/** A digest: the database gets no addresses. */
function nameOf(caller: string): string {
  return hash('sha256', caller, 'base64url');
}

/**
 * Counts each request for the signed-in person, or else for the client's network, and tells the client how much is
 * left (draft-ietf-httpapi-ratelimit-headers-10).
 */
export function requestsLimited(ports: {
  limit: RequestLimit;
  readSession: SessionReader;
  trustedProxies: number;
}) {
  const { limit, readSession } = ports;
  const policy = ['RateLimit-Policy', `"requests";q=${limit.perMinute};w=60`] as const;
  return createMiddleware<HttpEnv>(async (c, next) => {
    if (limit.perMinute === 0) return next();

    // Pages are for anyone, and must not wait for the store
    const isOfApi = c.req.path.startsWith('/api/');
    // A session that cannot be read is refused by the route
    const presented = isOfApi ? await readSession(c).catch(() => undefined) : undefined;
    const caller = presented
      ? `person ${presented.user.id}`
      : `network ${networkOf(clientAddress(c, ports.trustedProxies))}`;
    const { isRefused, left, seconds } = limit.take(caller);
    const fields = [policy, ['RateLimit', `"requests";r=${left};t=${seconds}`] as const];
    if (!isRefused) return withHeaders(c, fields, next);

    return sendProblem(c, 'too_many_requests', {
      subject: `at most ${limit.perMinute} in a minute, and the next one begins in ${seconds} s`,
      retryAfterSeconds: seconds,
      headers: Object.fromEntries(fields),
    });
  });
}
