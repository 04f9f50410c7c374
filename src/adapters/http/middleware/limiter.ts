import { hash } from 'node:crypto';
import type { ThrottleCount, ThrottleCounts } from '../../../application/ports/throttle-counts.ts';
import { PassbookError } from '../../../domain/errors.ts';
import { networkOf } from '../../../domain/entities/network.ts';
import { siteOf } from '../requests/client-address.ts';

/** Factor for the limits of a site: an IPv6 provider may give one customer more than one network. */
export const NETWORKS_PER_SITE = 10;
/** How long a process counts for itself after a fault of the database. */
const PAUSE_MS = 5_000;

export type Quota = { readonly points: number; readonly seconds: number };

/** Counters of one kind. */
export class Limiter {
  readonly #kind: string;
  readonly #counts: InsuredCounts;
  readonly #own: CountsInMemory;

  constructor(terms: { kind: string; counts: InsuredCounts; maxKeys: number }) {
    this.#kind = terms.kind;
    this.#counts = terms.counts;
    this.#own = new CountsInMemory(terms.maxKeys);
  }

  /** @throws PassbookError `too_many_requests` beyond `points` */
  async consume(text: string, { points, seconds }: Quota): Promise<void> {
    const { count, leftMs } = await this.#run(text, (counts, key) => counts.add(key, seconds));
    if (count <= points) return;
    throw new PassbookError('too_many_requests', { retryAfterSeconds: Math.ceil(leftMs / 1_000) });
  }

  /** Counts by network, and by site with a limit ten times as high. */
  async consumeFrom(address: string, quota: Quota): Promise<void> {
    const site = siteOf(address);
    if (site !== undefined) {
      await this.consume(`site ${site}`, { ...quota, points: quota.points * NETWORKS_PER_SITE });
    }
    await this.consume(networkOf(address), quota);
  }

  /** Adds one, and returns the new count. */
  async add(text: string, seconds: number): Promise<number> {
    return (await this.#run(text, (counts, key) => counts.add(key, seconds))).count;
  }

  /** Begins the key's time anew. */
  async renew(text: string, seconds: number): Promise<void> {
    await this.forget(text);
    await this.add(text, seconds);
  }

  async count(text: string): Promise<number> {
    return (await this.#run(text, (counts, key) => counts.find(key)))?.count ?? 0;
  }

  async has(text: string): Promise<boolean> {
    return (await this.#run(text, (counts, key) => counts.find(key))) !== undefined;
  }

  async giveBack(text: string): Promise<void> {
    await this.#run(text, (counts, key) => counts.takeBack(key));
  }

  async giveBackFrom(address: string): Promise<void> {
    const site = siteOf(address);
    if (site !== undefined) await this.giveBack(`site ${site}`);
    await this.giveBack(networkOf(address));
  }

  async forget(text: string): Promise<void> {
    await this.#run(text, (counts, key) => counts.delete(key));
  }

  #run<T>(text: string, work: (counts: ThrottleCounts, key: string) => Promise<T>): Promise<T> {
    const key = keyOf(`${this.#kind} ${text}`);
    return this.#counts.run(this.#own, (counts) => work(counts, key));
  }
}

/** A digest: its length does not depend on the client's input, and neither memory nor the database has an address. */
function keyOf(text: string): string {
  return hash('sha256', text, 'base64url');
}

/** The counts of all servers. Without them, or while they cannot be reached, those of this process. */
export class InsuredCounts {
  readonly #shared: ThrottleCounts | undefined;
  #pausedUntil = 0;

  constructor(shared: ThrottleCounts | undefined) {
    this.#shared = shared;
  }

  async run<T>(own: ThrottleCounts, work: (counts: ThrottleCounts) => Promise<T>): Promise<T> {
    if (!this.#shared || Date.now() < this.#pausedUntil) return work(own);
    try {
      return await work(this.#shared);
    } catch (fault) {
      if (!(fault instanceof PassbookError)) throw fault;
      this.#pausedUntil = Date.now() + PAUSE_MS;
      return work(own);
    }
  }
}

/** Keeps a bounded number of counters, and evicts the one that was idle longest. */
class CountsInMemory implements ThrottleCounts {
  readonly #maxKeys: number;
  /** By key, the one that was idle longest first. */
  readonly #counters = new Map<string, { count: number; readonly endsAt: number }>();

  constructor(maxKeys: number) {
    this.#maxKeys = maxKeys;
  }

  async add(key: string, seconds: number): Promise<ThrottleCount> {
    const now = Date.now();
    const counter = this.#live(key) ?? { count: 0, endsAt: now + seconds * 1_000 };
    counter.count++;
    this.#counters.delete(key);
    this.#counters.set(key, counter);
    if (this.#counters.size > this.#maxKeys) {
      const [idle = key] = this.#counters.keys();
      this.#counters.delete(idle);
    }
    return { count: counter.count, leftMs: counter.endsAt - now };
  }

  async takeBack(key: string): Promise<void> {
    const counter = this.#live(key);
    if (counter) counter.count--;
  }

  async find(key: string): Promise<ThrottleCount | undefined> {
    const counter = this.#live(key);
    return counter && { count: counter.count, leftMs: counter.endsAt - Date.now() };
  }

  async delete(key: string): Promise<void> {
    this.#counters.delete(key);
  }

  #live(key: string) {
    const counter = this.#counters.get(key);
    return counter && counter.endsAt > Date.now() ? counter : undefined;
  }
}
