import { assertClockNotBehind } from '../../application/clock-behind.ts';
import type { Clock } from '../../application/ports.ts';
import type { Account } from '../../domain/account.ts';
import type { Instant } from '../../domain/time.ts';
import type { Connection } from './connection.ts';
import type { Writer } from './writing-connection.ts';

/** How far the stored instant may fall behind, so that units of the same half second write it once. */
const STORED_EVERY_MS = 500;

const KEEP_NEWEST =
  'INSERT INTO newest_entry (id, at) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET at = max(at, excluded.at)';

/** Refuses ledger writes while the newest entry is ahead of the clock. The instant is in memory, and in one row. */
export class ClockGuard {
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

  /** Stores the newest instant of a unit that changes `accounts`, where the stored one has fallen behind. */
  write(writer: Writer, accounts: readonly Account[]): void {
    const newest = newestOf(accounts);
    if (accounts.length === 0 || newest < this.#stored + STORED_EVERY_MS) return;
    writer.run(KEEP_NEWEST, newest);
  }

  /** Takes what `write` was given as committed. */
  committed(accounts: readonly Account[]): void {
    const newest = newestOf(accounts);
    this.#newest = Math.max(this.#newest, newest);
    if (newest >= this.#stored + STORED_EVERY_MS) this.#stored = newest;
  }
}

function newestOf(accounts: readonly Account[]): Instant {
  return accounts.reduce((newest, { latestAt }) => Math.max(newest, latestAt), -Infinity);
}
