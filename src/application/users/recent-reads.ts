import type { Instant } from '../../domain/time.ts';
import type { User } from '../../domain/entities/user.ts';
import type { Clock } from '../ports/runtime.ts';

type Recent<Found> = { readonly found: Found; readonly readAt: Instant; isUsed: boolean };

/** Changes made elsewhere must be noticed within a second. Half of it is left for the clock and the read. */
const FRESH_MS = 500;
/** Age from which a record that was used since its read is refreshed along with the next read. */
const YOUNG_MS = 250;
const MOST = 10_000;
const READ_AT_ONCE = 1000;

export type RecentReadsPorts<Found> = {
  readonly clock: Clock;
  /** Reads the records with these ids that exist, in no particular order. */
  readonly read: (ids: readonly string[]) => Promise<readonly Found[]>;
  readonly idOf: (found: Found) => string;
};

/**
 * Cache of recently read records, because signed-in requests come in bursts. One read serves all requests that wait
 * for it, and also refreshes records that will soon be needed again.
 * Records that this process changes are dropped at once.
 */
export class RecentReads<Found extends { readonly user: User }> {
  readonly #ports: RecentReadsPorts<Found>;
  readonly #recent = new Map<string, Recent<Found>>();
  #forgotten = 0;
  #wanted = new Set<string>();
  #next: Promise<ReadonlyMap<string, Found>> | undefined;

  constructor(ports: RecentReadsPorts<Found>) {
    this.#ports = ports;
  }

  async find(id: string): Promise<Found | undefined> {
    const now = this.#ports.clock.now();
    const recent = this.#recent.get(id);
    if (recent && now >= recent.readAt && now < recent.readAt + FRESH_MS) {
      recent.isUsed = true;
      return recent.found;
    }
    this.#wanted.add(id);
    this.#next ??= this.#readNext();
    return (await this.#next).get(id);
  }

  forget(id: string): void {
    this.#forgotten++;
    this.#recent.delete(id);
  }

  /** Drops the user's records. */
  forgetUser(userId: string): void {
    this.#forgotten++;
    for (const [id, { found }] of this.#recent) if (found.user.id === userId) this.#recent.delete(id);
  }

  forgetAll(): void {
    this.#forgotten++;
    this.#recent.clear();
  }

  /** Reads once after one turn of the event loop, for all requests of that turn. */
  async #readNext(): Promise<ReadonlyMap<string, Found>> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    const wanted = this.#wanted;
    this.#wanted = new Set();
    this.#next = undefined;

    const forgotten = this.#forgotten;
    const now = this.#ports.clock.now();
    const found = await this.#ports.read([...wanted, ...this.#ageing(now, wanted)]);
    // A record forgotten during the read may have been read before its change
    if (forgotten === this.#forgotten)
      for (const one of found) this.#keep({ found: one, readAt: now, isUsed: false });
    return new Map(found.map((one) => [this.#ports.idOf(one), one]));
  }

  #ageing(now: Instant, wanted: ReadonlySet<string>): readonly string[] {
    const ids: string[] = [];
    for (const [id, { readAt, isUsed }] of this.#recent) {
      if (wanted.size + ids.length >= READ_AT_ONCE) break;
      if (now >= readAt + FRESH_MS) this.#recent.delete(id);
      if (isUsed && now >= readAt + YOUNG_MS && !wanted.has(id)) ids.push(id);
    }
    return ids;
  }

  #keep(recent: Recent<Found>): void {
    if (this.#recent.size >= MOST) this.#recent.clear();
    this.#recent.set(this.#ports.idOf(recent.found), recent);
  }
}
