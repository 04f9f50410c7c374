import type { Session } from '../domain/session.ts';
import type { Instant } from '../domain/time.ts';
import type { User } from '../domain/user.ts';
import type { Clock, SessionReads } from './ports.ts';

type Found = { readonly session: Session; readonly user: User };

/** What ends elsewhere is noticed within a second; half of it is for the clock and the read itself. */
const FRESH_MS = 500;
const MOST = 10_000;

/**
 * Sessions as they were read a moment ago: most requests of somebody signed in come in bursts.
 * What this process ends or changes, it forgets at once.
 */
export class RecentSessions {
  readonly #reads: SessionReads;
  readonly #clock: Clock;
  readonly #recent = new Map<string, { readonly found: Found; readonly readAt: Instant }>();

  #forgotten = 0;

  constructor({ reads, clock }: { reads: SessionReads; clock: Clock }) {
    this.#reads = reads;
    this.#clock = clock;
  }

  /** A session, ended ones too, with its user. */
  async find(id: string): Promise<Found | undefined> {
    const now = this.#clock.now();
    const recent = this.#recent.get(id);
    if (recent && now >= recent.readAt && now < recent.readAt + FRESH_MS) return recent.found;

    const forgotten = this.#forgotten;
    const found = await this.#reads.session(id);
    // What was forgotten while it was read may have been read before it changed.
    if (found && forgotten === this.#forgotten) this.#keep(id, { found, readAt: now });
    return found;
  }

  forget(id: string): void {
    this.#forgotten++;
    this.#recent.delete(id);
  }

  forgetAll(): void {
    this.#forgotten++;
    this.#recent.clear();
  }

  #keep(id: string, recent: { found: Found; readAt: Instant }): void {
    if (this.#recent.size >= MOST) this.#recent.clear();
    this.#recent.set(id, recent);
  }
}
