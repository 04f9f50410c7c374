import { RepeatingTask } from './repeating-task.ts';
import { PassbookError } from '../../domain/errors.ts';
import { normalise } from '../validation.ts';
import type { LedgerReads } from '../ports/ledger-store.ts';
import type { Clock, Logger } from '../ports/runtime.ts';
import type { CommandWriter } from '../group-commit.ts';

export type SweeperOptions = {
  /** Milliseconds between two sweeps. Default: 60000. */
  readonly everyMs?: number;
};

/** Maximum number of accounts in one search, and in one unit. */
const BATCH = 50;
const SYSTEM = { kind: 'system' } as const;

/**
 * Writes the expiry of due holds. Decisions and reads already count them as expired, so sweeping is optional: it only
 * saves work in later decisions.
 */
export class HoldSweeper {
  readonly #ports: { reads: LedgerReads; writer: CommandWriter; clock: Clock; log: Logger };
  readonly #task: RepeatingTask;

  constructor(
    ports: { reads: LedgerReads; writer: CommandWriter; clock: Clock; log: Logger },
    { everyMs = 60_000 }: SweeperOptions = {},
  ) {
    this.#ports = ports;
    this.#task = new RepeatingTask({
      run: () => this.sweep(),
      everyMs,
      onError: (err) => ports.log.warn({ err }, 'holds could not be swept, will try again'),
    });
  }

  start(): void {
    this.#task.start();
  }

  stop(): Promise<void> {
    return this.#task.stop();
  }

  /**
   * Expires the holds that are due now, a few accounts at a time and up to the limit of one unit. Customers' commands
   * run in between. Skips an account that fails, and goes on with the others.
   * @returns the number of swept accounts
   */
  async sweep(): Promise<number> {
    const { reads, clock } = this.#ports;
    const seen = new Map<string, string>();
    const failed = new Set<string>();
    for (;;) {
      const due = await reads.accountsWithDueHolds(clock.now(), BATCH + failed.size);
      const accountIds = due.filter((id) => !failed.has(id)).slice(0, BATCH);
      // Sorted, because the order of expiries shows in the entries and must be the same on every store
      const results = await Promise.allSettled(accountIds.toSorted().map((id) => this.#expire(id)));
      const states = results.flatMap((result, index) => {
        if (result.status === 'fulfilled') return [result.value];
        this.#leaveOut(accountIds.toSorted()[index] ?? '', result.reason, failed);
        return [];
      });
      const moved = states.filter(({ id, state }) => seen.get(id) !== state);
      for (const { id, state } of moved) seen.set(id, state);
      // Stuck if no account changed although none is finished; the next sweep tries again
      const isStuck = moved.length === 0 && states.length === results.length;
      if (accountIds.length === 0 || isStuck) return seen.size;
    }
  }

  /** Expires holds on one account in one unit, and returns the account's new state as text. */
  async #expire(accountId: string): Promise<{ readonly id: string; readonly state: string }> {
    const command = { type: 'expire', actor: SYSTEM, key: null, request: normalise({}), accountId } as const;
    const answer = await this.#ports.writer.submit(command);
    const account = 'outcome' in answer && answer.outcome.kind === 'changed' ? answer.outcome.account : null;
    return { id: accountId, state: `${account?.sequence} ${account?.nextExpiryAt}` };
  }

  /** @throws PassbookError if the fault is the store's and not the account's */
  #leaveOut(accountId: string, fault: unknown, failed: Set<string>): void {
    if (fault instanceof PassbookError) throw fault;
    failed.add(accountId);
    this.#ports.log.warn({ err: fault, accountId }, 'holds of an account could not be swept, will try again');
  }
}
