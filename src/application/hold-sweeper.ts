import { normalise } from './request.ts';
import type { Clock, LedgerReads, Logger } from './ports.ts';
import type { TransferWriter } from './transfer-writer.ts';

export type SweeperOptions = {
  /** Milliseconds from one sweep to the next; a minute unless said. */
  readonly everyMs?: number;
};

/** How many accounts one look takes. */
const BATCH = 200;

/**
 * Writes the expiry of holds that are due. Every decision and every read counts them as expired already, so a sweeper
 * that nobody started harms nothing: it only leaves less to do at the next decision.
 */
export class HoldSweeper {
  readonly #ports: { reads: LedgerReads; writer: TransferWriter; clock: Clock; log: Logger };
  readonly #everyMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> | undefined;

  constructor(
    ports: { reads: LedgerReads; writer: TransferWriter; clock: Clock; log: Logger },
    { everyMs = 60_000 }: SweeperOptions = {},
  ) {
    this.#ports = ports;
    this.#everyMs = everyMs;
  }

  start(): void {
    this.#timer ??= setInterval(() => {
      // One that takes longer than the interval is not joined by another.
      this.#running ??= this.#sweepOrWarn();
    }, this.#everyMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#running;
  }

  async #sweepOrWarn(): Promise<void> {
    try {
      await this.sweep();
    } catch (error) {
      this.#ports.log.warn({ err: error }, 'holds could not be swept, will try again');
    } finally {
      this.#running = undefined;
    }
  }

  /** Expires what is due now; how many accounts were swept. */
  async sweep(): Promise<number> {
    const { reads, writer, clock } = this.#ports;
    let swept = 0;
    for (;;) {
      const accountIds = await reads.accountsWithDueHolds(clock.now(), BATCH);
      await Promise.all(
        // In one order on every store: which of them is written first shows in the entries
        accountIds.toSorted().map((accountId) =>
          writer.submit({
            type: 'expire',
            actor: { kind: 'system' },
            key: null,
            request: normalise({}),
            accountId,
          }),
        ),
      );
      swept += accountIds.length;
      if (accountIds.length < BATCH) return swept;
    }
  }
}
