import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Collection } from 'mongodb';
import { accountFromText, accountToText } from '../../shared/compact-json.ts';
import type { ChangedAccounts } from './account-cache.ts';
import type { Deadline } from '../transactions/deadline.ts';

export type LeaseDocument = {
  readonly _id: 'turn';
  readonly holder: string;
  /** Who had it before. */
  readonly before: string | null;
  /** Of its taking. */
  readonly stamp: string;
  /** By the server's clock, which alone is asked. */
  readonly until: Date;
  /** Who comes next. */
  readonly next: string | null;
  /** What whoever passed it on has changed; null where that is not told. */
  readonly told: ChangedAccountsDocument | null;
};

/** Each account as a text: no work for the server, and a third of what a document costs the two processes. */
type ChangedAccountsDocument = Omit<ChangedAccounts, 'accounts'> & {
  readonly accounts: readonly string[];
  readonly written: readonly number[];
};

/** What is to be known of a turn that another had before: null where it has not told what it changed. */
export type Acquired = { readonly told: ChangedAccounts | null };

/** After that a turn is over though nobody has passed it on: for who died, or takes long over a unit. */
const LONGEST_MS = 1000;
/** For how long who comes next is kept a place; after that they are taken for gone. */
const GRACE_MS = 50;
const PAUSE_MS = 1;
/** How long turns are taken once another process was met. */
const CONTENDED_MS = 2000;
/** So often who takes no turns looks whether another does. */
const LOOK_MS = 50;

/**
 * Processes that write to one ledger take turns, a unit each, or each would run its units in vain as often as another
 * was faster. While one commits, the others answer and hear their callers.
 * Nothing but speed rests on it: the head of the ledger keeps units apart, and what is told with a turn counts only
 * where the head is still there. Who meets nobody takes no turns.
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

  /** Whether another process was met a moment ago. */
  get isContended(): boolean {
    return performance.now() < this.#contendedUntil;
  }

  /** Another process was met. */
  markContended(): void {
    this.#contendedUntil = performance.now() + CONTENDED_MS;
  }

  /**
   * Waits for this process's turn, where there is another; not beyond `limit`, and a fault ends the waiting too.
   * Undefined where no other had a turn since this process's last.
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
          return { told: turn.told && toldOf(turn.told) };
        }
        // Most turns take as long as the one before: until then it is no use to ask
        await wait(tries === 0 ? Math.max(PAUSE_MS, this.#lastWaitMs / 2) : PAUSE_MS);
      }
    } catch {
      // Without turns it is slower, and as right
    }
    return { told: null };
  }

  /**
   * After a unit.
   * @param tell what this process changed since another had the turn, committed for good; asked only where it counts
   */
  release(tell: () => ChangedAccounts | null): void {
    if (!this.isContended) return;
    const told = tell();
    const passed = this.#turns.updateOne(
      { _id: 'turn', holder: this.#processId },
      { $currentDate: { until: true }, $set: { told: told && toldDocument(told) } },
      WITHOUT_WAITING,
    );
    passed.catch(() => {}); // Then it ends by itself
  }

  /**
   * Who is always first meets no conflict: of another, who comes too late each time, it would never know. What it sees
   * counts from its next unit on.
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
      // The next look may fare better
    }
  }

  /** Mine if it is over and I am next or nobody is, or if whoever is next does not come. */
  async #try(): Promise<Pick<LeaseDocument, 'before' | 'told'> | undefined> {
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
          told: { $cond: [is('$stamp', stamp), { $ifNull: ['$told', null] }, null] },
        },
      },
    );
    return turn?.stamp === stamp ? turn : undefined;
  }
}

function toldDocument({ accounts, ...units }: ChangedAccounts): ChangedAccountsDocument {
  return {
    ...units,
    accounts: accounts.map(({ account }) => accountToText(account)),
    written: accounts.map(({ written }) => written),
  };
}

function toldOf({ accounts, written, ...units }: ChangedAccountsDocument): ChangedAccounts {
  return {
    ...units,
    accounts: accounts.map((text, index) => ({
      account: accountFromText(text),
      written: written[index] as number,
    })),
  };
}

/** It is worth nothing once a failover has undone it. */
const WITHOUT_WAITING = { writeConcern: { w: 1 } } as const;
