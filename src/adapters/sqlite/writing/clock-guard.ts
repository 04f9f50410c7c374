import { assertClockNotBehind } from '../../shared/clock-behind.ts';
import type { Clock } from '../../../application/ports/runtime.ts';
import type { Changes } from '../../../domain/books/changes.ts';
import type { Instant } from '../../../domain/time.ts';
import type { Connection } from '../connection/connection.ts';
import type { Writer } from '../connection/writer.ts';

/** How far the stored instant may fall behind, so that units within half a second write it once. */
const STORED_EVERY_MS = 500;

const KEEP_NEWEST =
  'INSERT INTO newest_entry (id, at) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET at = max(at, excluded.at)';

/**
 * Refuses ledger writes while the newest entry is ahead of the clock. Keeps the newest instant in memory and in one
 * row.
 */
export class SqliteClockGuard {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #toleranceMs: number;
  #newest: Instant = -Infinity;
  #stored: Instant = -Infinity;

  constructor(ports: { connection: Connection; clock: Clock; toleranceMs: number }) {
    this.#connection = ports.connection;
    this.#clock = ports.clock;
    this.#toleranceMs = ports.toleranceMs;
  }

  /** Reads the row again: another process may have written it. */
  read(): void {
    const row = this.#connection.get('SELECT at FROM newest_entry WHERE id = 1') as
      | { at: bigint }
      | undefined;
    this.#stored = Number(row?.at ?? -Infinity);
    this.#newest = Math.max(this.#newest, this.#stored);
  }

  /** @throws PassbookError `unavailable` while the newest entry is too far ahead of the clock */
  check(): void {
    const [newest, now, toleranceMs] = [this.#newest, this.#clock.now(), this.#toleranceMs];
    assertClockNotBehind({ newest, now, toleranceMs });
  }

  /** Stores the instant of a unit's newest entry if the stored one has fallen behind. */
  write(writer: Writer, newest: Instant): void {
    if (Number.isFinite(newest) && newest >= this.#stored + STORED_EVERY_MS) writer.run(KEEP_NEWEST, newest);
  }

  /** Records the commit of an instant that was given to `write`. */
  committed(newest: Instant): void {
    this.#newest = Math.max(this.#newest, newest);
    if (newest >= this.#stored + STORED_EVERY_MS) this.#stored = newest;
  }
}

/** The instant of the newest entry among the accounts that a unit changes. -Infinity if it changes none. */
export function newestEntryIn(parts: readonly Changes[]): Instant {
  let newest = -Infinity;
  for (const { accounts } of parts)
    for (const { after } of accounts) newest = Math.max(newest, after.latestAt);
  return newest;
}
