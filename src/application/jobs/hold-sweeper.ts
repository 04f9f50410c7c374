import { PassbookError } from '../../domain/errors.ts';
import { normalise } from '../validation.ts';
import type { LedgerReads } from '../ports/ledger-store.ts';
import type { Clock, Logger } from '../ports/runtime.ts';
import type { CommandWriter } from '../group-commit.ts';

export type SweeperOptions = {
  /** Milliseconds from one sweep to the next; a minute unless said. */
  readonly everyMs?: number;
};

/** How many accounts one look takes, and one unit at most. */
const BATCH = 50;
const SYSTEM = { kind: 'system' } as const;

/**
 * Writes the expiry of holds that are due. Every decision and every read counts them as expired already, so a sweeper
 * that nobody started harms nothing: it only leaves less to do at the next decision.
 */
export class HoldSweeper {
  readonly #ports: { reads: LedgerReads; writer: CommandWriter; clock: Clock; log: Logger };
  readonly #everyMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> | undefined;

  constructor(
    ports: { reads: LedgerReads; writer: CommandWriter; clock: Clock; log: Logger },
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

  /**
   * Expires what is due now, some accounts at a time and as much of them as one unit may: customers' commands have
   * their turn between. An account that fails is left out, and does not keep the others.
   * @returns how many accounts were swept
   */
  async sweep(): Promise<number> {
    const { reads, clock } = this.#ports;
    const seen = new Map<string, string>();
    const failed = new Set<string>();
    for (;;) {
      const due = await reads.accountsWithDueHolds(clock.now(), BATCH + failed.size);
      const accountIds = due.filter((id) => !failed.has(id)).slice(0, BATCH);
      // In one order on every store: which of them is written first shows in the entries
      const results = await Promise.allSettled(accountIds.toSorted().map((id) => this.#expire(id)));
      const states = results.flatMap((result, index) => {
        if (result.status === 'fulfilled') return [result.value];
        this.#leaveOut(accountIds.toSorted()[index] ?? '', result.reason, failed);
        return [];
      });
      const moved = states.filter(({ id, state }) => seen.get(id) !== state);
      for (const { id, state } of moved) seen.set(id, state);
      // A unit leaves nothing to do, or writes some of it; where it did neither, the next sweep tries again
      const isStuck = moved.length === 0 && states.length === results.length;
      if (accountIds.length === 0 || isStuck) return seen.size;
    }
  }

  /** How far one unit came with an account. */
  async #expire(accountId: string): Promise<{ readonly id: string; readonly state: string }> {
    const command = { type: 'expire', actor: SYSTEM, key: null, request: normalise({}), accountId } as const;
    const answer = await this.#ports.writer.submit(command);
    const account = 'outcome' in answer && answer.outcome.kind === 'changed' ? answer.outcome.account : null;
    return { id: accountId, state: `${account?.sequence} ${account?.nextExpiryAt}` };
  }

  /** @throws PassbookError where the store is at fault, and not the account */
  #leaveOut(accountId: string, fault: unknown, failed: Set<string>): void {
    if (fault instanceof PassbookError) throw fault;
    failed.add(accountId);
    this.#ports.log.warn({ err: fault, accountId }, 'holds of an account could not be swept, will try again');
  }
}
