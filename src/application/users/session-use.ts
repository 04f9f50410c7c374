import type { Session } from '../../domain/entities/session.ts';
import type { Instant } from '../../domain/time.ts';
import type { UnitOfWork } from '../ports/ledger-store.ts';
import type { Clock } from '../ports/runtime.ts';

/** Last uses are accurate to this. */
const NOTED_EVERY_MS = 5 * 60_000;
const WRITTEN_AFTER_MS = 1_000;
const WRITTEN_AT_ONCE = 500;
const MOST = 10_000;

/**
 * Keeps the last use of sessions, at most once in five minutes for each. Writes follow in batches, so that no request
 * waits for one.
 */
export class SessionUse {
  readonly #unitOfWork: UnitOfWork;
  readonly #clock: Clock;
  /** Instants of the last noted use, by session. */
  readonly #noted = new Map<string, Instant>();
  #waiting = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor({ unitOfWork, clock }: { unitOfWork: UnitOfWork; clock: Clock }) {
    this.#unitOfWork = unitOfWork;
    this.#clock = clock;
  }

  note({ id, lastUsedAt }: Session): void {
    const now = this.#clock.now();
    if (now < lastUsedAt + NOTED_EVERY_MS) return;
    if (now < (this.#noted.get(id) ?? 0) + NOTED_EVERY_MS) return;

    if (this.#noted.size >= MOST) this.#noted.clear();
    this.#noted.set(id, now);
    this.#waiting.add(id);
    this.#timer ??= setTimeout(() => void this.write(), WRITTEN_AFTER_MS).unref();
  }

  /** Writes what was noted. A use that cannot be written is lost, and the next one is noted after five minutes. */
  async write(): Promise<void> {
    const ids = [...this.#waiting];
    const at = this.#clock.now();
    this.#waiting = new Set();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (let from = 0; from < ids.length; from += WRITTEN_AT_ONCE) {
      const batch = ids.slice(from, from + WRITTEN_AT_ONCE);
      await this.#unitOfWork.run(({ sessions }) => sessions.touch(batch, at)).catch(() => undefined);
    }
  }
}
