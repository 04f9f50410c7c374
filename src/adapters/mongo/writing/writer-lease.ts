import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Collection } from 'mongodb';
import { accountFromText, accountToText } from '../../shared/compact-json.ts';
import type { ChangedAccounts } from './account-cache.ts';
import type { Deadline } from '../../shared/deadline.ts';

export type LeaseDocument = {
  readonly _id: 'turn';
  readonly holder: string;
  /** The previous holder. */
  readonly before: string | null;
  /** Identifies one acquisition. */
  readonly stamp: string;
  /** End of the lease. Only the server's clock counts. */
  readonly until: Date;
  /** The process that waits for the lease. */
  readonly next: string | null;
  /** The previous holder's; null if it published none. Programs before version 11 wrote `told`, without numbers. */
  readonly handover: ChangedAccountsDocument | null;
};

/** Accounts as texts: no work for the server, and a third of a document's cost for both processes. */
type ChangedAccountsDocument = Omit<ChangedAccounts, 'accounts'> & {
  readonly accounts: readonly string[];
  readonly written: readonly number[];
};

/** Result of taking the lease from another process. `handover` is null if that one published no handover. */
export type Acquired = { readonly handover: ChangedAccounts | null };

/** The lease ends after this time even without a release: its holder may have died, or its unit takes long. */
const LONGEST_MS = 1000;
/** The waiting process may claim a free lease first for this long. After that it counts as gone. */
const GRACE_MS = 50;
const PAUSE_MS = 1;
/** How long a process uses the lease after it has met another. */
const CONTENDED_MS = 2000;
/** How often a process that does not use the lease checks whether another does. */
const LOOK_MS = 50;

/**
 * Processes that write to one ledger take a lease for each unit. Without it, a slower process would lose most of its
 * units to version conflicts. While one commits, the others handle their callers.
 * The lease only adds speed. The ledger version keeps units apart, and a handover counts only at its version. A process
 * that meets no other does not use the lease.
 */
export class WriterLease {
  readonly #turns: Collection<LeaseDocument>;
  readonly #processId = randomUUID();
  #contendedUntil = 0;
  #lookAt = 0;
  #lastWaitMs = 0;

  constructor(turns: Collection<LeaseDocument>) {
    this.#turns = turns;
  }

  /** Whether another process was met recently. */
  get isContended(): boolean {
    return performance.now() < this.#contendedUntil;
  }

  /** Notes that another process was met. */
  markContended(): void {
    this.#contendedUntil = performance.now() + CONTENDED_MS;
  }

  /**
   * Waits for the lease if another process contends for it, at most until `limit`. An error ends the wait too.
   * Undefined if no other process has held the lease since this one did.
   */
  async acquire(limit: Deadline): Promise<Acquired | undefined> {
    if (!this.isContended) {
      this.#lookNowAndThen();
      return undefined;
    }
    const asked = performance.now();
    try {
      for (let tries = 0; !limit.isOver; tries++) {
        const turn = await this.#try();
        if (turn) {
          this.#lastWaitMs = performance.now() - asked;
          if (turn.before === this.#processId) return undefined;
          this.markContended();
          return { handover: turn.handover && handoverOf(turn.handover) };
        }
        // Most leases last as long as the one before, so an earlier attempt would fail
        await wait(tries === 0 ? Math.max(PAUSE_MS, this.#lastWaitMs / 2) : PAUSE_MS);
      }
    } catch {
      // Correctness does not depend on the lease
    }
    return { handover: null };
  }

  /**
   * Releases the lease after a unit.
   * @param changes returns the accounts that this process changed since another held the lease, durably committed. Called
   * only if the lease is contended.
   */
  release(changes: () => ChangedAccounts | null): void {
    if (!this.isContended) return;
    const handover = changes();
    const passed = this.#turns.updateOne(
      { _id: 'turn', holder: this.#processId },
      { $currentDate: { until: true }, $set: { handover: handover && handoverDocument(handover) } },
      WITHOUT_WAITING,
    );
    passed.catch(() => {}); // The lease then expires by itself
  }

  /**
   * Checks for another process now and then. A process that always wins meets no conflict, so it would never notice one
   * that always loses. The result counts from the next unit on.
   */
  #lookNowAndThen(): void {
    const now = performance.now();
    if (now < this.#lookAt) return;
    this.#lookAt = now + LOOK_MS;
    void this.#look();
  }

  async #look(): Promise<void> {
    const holds = { $and: [{ $ne: ['$holder', this.#processId] }, { $gt: ['$until', '$$NOW'] }] };
    const asks = { $not: { $in: ['$next', [null, this.#processId]] } };
    try {
      const met = await this.#turns.findOne({ _id: 'turn', $expr: { $or: [holds, asks] } });
      if (met) this.markContended();
    } catch {
      // The next check may succeed
    }
  }

  /** Takes the lease if it is free and no other process waits, or if the waiting one does not claim it in time. */
  async #try(): Promise<Pick<LeaseDocument, 'before' | 'handover'> | undefined> {
    const me = this.#processId;
    const stamp = randomUUID();
    const is = (field: string, value: string | null) => ({ $eq: [{ $ifNull: [field, null] }, value] });
    const isOver = { $lte: ['$until', '$$NOW'] };
    const isMyTurn = { $and: [isOver, { $or: [is('$next', null), is('$next', me)] }] };
    const isLongOver = { $lte: ['$until', { $subtract: ['$$NOW', GRACE_MS] }] };
    const may = { $or: [isMyTurn, isLongOver] };
    const mayAsk = { $and: [is('$next', null), { $ne: ['$holder', me] }] };
    const whetherTaken = (then: unknown, otherwise: unknown) => ({ $cond: [may, then, otherwise] });
    const turn = await this.#turns.findOneAndUpdate(
      { _id: 'turn' },
      [
        {
          $set: {
            holder: whetherTaken(me, '$holder'),
            before: whetherTaken({ $ifNull: ['$holder', null] }, '$before'),
            stamp: whetherTaken(stamp, '$stamp'),
            until: whetherTaken({ $add: ['$$NOW', LONGEST_MS] }, '$until'),
            next: whetherTaken(
              { $cond: [is('$next', me), null, { $ifNull: ['$next', null] }] },
              { $cond: [mayAsk, me, '$next'] },
            ),
          },
        },
      ],
      {
        ...WITHOUT_WAITING,
        returnDocument: 'after',
        upsert: true,
        projection: {
          stamp: 1,
          before: 1,
          handover: { $cond: [is('$stamp', stamp), { $ifNull: ['$handover', null] }, null] },
        },
      },
    );
    return turn?.stamp === stamp ? turn : undefined;
  }
}

function handoverDocument({ accounts, ...units }: ChangedAccounts): ChangedAccountsDocument {
  return {
    ...units,
    accounts: accounts.map(({ account }) => accountToText(account)),
    written: accounts.map(({ written }) => written),
  };
}

function handoverOf({ accounts, written, ...units }: ChangedAccountsDocument): ChangedAccounts {
  return {
    ...units,
    accounts: accounts.map((text, index) => ({
      account: accountFromText(text),
      written: written[index] as number,
    })),
  };
}

/** A lease that a failover undoes is worthless anyway, so no majority is needed. */
const WITHOUT_WAITING = { writeConcern: { w: 1 } } as const;
