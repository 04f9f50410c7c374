import type { Session } from '../../domain/entities/session.ts';
import type { Instant } from '../../domain/time.ts';
import type { User } from '../../domain/entities/user.ts';
import type { Clock } from '../ports/runtime.ts';
import type { SessionReads } from '../ports/user-store.ts';

type Found = { readonly session: Session; readonly user: User };
type Recent = { readonly found: Found; readonly readAt: Instant; isUsed: boolean };

/** Sessions that end elsewhere must be noticed within a second. Half of it is left for the clock and the read. */
const FRESH_MS = 500;
/** Age from which a session that was used since its read is refreshed along with the next read. */
const YOUNG_MS = 250;
const MOST = 10_000;
const READ_AT_ONCE = 1000;

/**
 * Cache of recently read sessions, because signed-in requests come in bursts. One read serves all requests that wait
 * for it, and also refreshes sessions that will soon be needed again.
 * Sessions that this process ends or changes are dropped at once.
 */
export class SessionCache {
  readonly #reads: SessionReads;
  readonly #clock: Clock;
  readonly #recent = new Map<string, Recent>();
  #forgotten = 0;
  #wanted = new Set<string>();
  #next: Promise<ReadonlyMap<string, Found>> | undefined;

  constructor({ reads, clock }: { reads: SessionReads; clock: Clock }) {
    this.#reads = reads;
    this.#clock = clock;
  }

  /** Returns a session, even an ended one, with its user. */
  async find(id: string): Promise<Found | undefined> {
    const now = this.#clock.now();
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

  /** Drops all sessions of a user, whose state has changed. */
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
    const now = this.#clock.now();
    const found = await this.#reads.sessions([...wanted, ...this.#ageing(now, wanted)]);
    // A session forgotten during the read may have been read before its change
    if (forgotten === this.#forgotten)
      for (const one of found) this.#keep({ found: one, readAt: now, isUsed: false });
    return new Map(found.map((one) => [one.session.id, one]));
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

  #keep(recent: Recent): void {
    if (this.#recent.size >= MOST) this.#recent.clear();
    this.#recent.set(recent.found.session.id, recent);
  }
}
