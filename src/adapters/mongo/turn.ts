import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Collection } from 'mongodb';
import type { TimeLimit } from './time-limit.ts';

export type TurnDocument = {
  readonly _id: 'turn';
  readonly holder: string;
  /** By the server's clock, which alone is asked. */
  readonly until: Date;
  /** Who comes next. */
  readonly next: string | null;
};

/** Long enough for several units that remember what the one before left, short enough to be waited for. */
const TURN_MS = 80;
/** After that a turn is over though nobody has passed it on: for who died, or takes long over a unit. */
const LONGEST_MS = 400;
/** For how long who comes next is kept a place; after that they are taken for gone. */
const GRACE_MS = 30;
const PAUSE_MS = 3;
/** How long turns are taken once another process was met. */
const CONTENDED_MS = 2000;

/**
 * Processes that write to one ledger take turns, or each would run its units in vain as often as another was faster.
 * Nothing but speed rests on it: the head of the ledger keeps units apart. Who meets nobody takes no turns.
 */
export class Turn {
  readonly #turns: Collection<TurnDocument>;
  readonly #me = randomUUID();
  #heldUntil = 0;
  #contendedUntil = 0;
  #othersTurns = 0;
  #isThere = false;

  constructor(turns: Collection<TurnDocument>) {
    this.#turns = turns;
  }

  /** Another process was faster. */
  contend(): void {
    this.#contendedUntil = performance.now() + CONTENDED_MS;
  }

  /**
   * Waits for this process's turn, where there is another; not beyond `limit`, and a fault ends the waiting too.
   * Gives whether others may have written since the last turn.
   */
  async take(limit: TimeLimit): Promise<boolean> {
    const isAlone = performance.now() >= this.#contendedUntil;
    if (isAlone || performance.now() < this.#heldUntil) return false;
    const turns = this.#othersTurns;
    try {
      await this.#ask();
      while (!limit.isOver && !(await this.#isMine())) await wait(PAUSE_MS);
    } catch {
      // Without turns it is slower, and as right
    }
    return turns !== this.#othersTurns;
  }

  /** Passes it on where another waits for it, and asks for the next. */
  async #ask(): Promise<void> {
    const others = { _id: 'turn', holder: { $ne: this.#me }, next: null } as const;
    await this.#turns.updateOne(others, { $set: { next: this.#me } }, WITHOUT_WAITING);
    const mine = { _id: 'turn', holder: this.#me, next: { $ne: null } } as const;
    const passed = await this.#turns.updateOne(mine, [{ $set: { until: '$$NOW' } }], WITHOUT_WAITING);
    if (passed.matchedCount > 0) this.contend();
  }

  /** Mine if I had it and nobody asks, if it is over and I am next or nobody is, or if whoever is next does not come. */
  async #isMine(): Promise<boolean> {
    const nobodyElse = { $in: ['$next', [null, this.#me]] };
    const isOver = { $lte: ['$until', '$$NOW'] };
    const mine = { $and: [{ $eq: ['$holder', this.#me] }, { $eq: ['$next', null] }] };
    const isLongOver = { $lte: ['$until', { $subtract: ['$$NOW', GRACE_MS] }] };
    const may = { $or: [mine, { $and: [isOver, nobodyElse] }, isLongOver] };
    const until = { $add: ['$$NOW', LONGEST_MS] };
    const next = { $cond: [{ $eq: ['$next', this.#me] }, null, '$next'] };
    const asked = performance.now();
    const before = await this.#turns.findOneAndUpdate(
      { _id: 'turn', $expr: may },
      [{ $set: { holder: this.#me, until, next } }],
      { ...WITHOUT_WAITING, returnDocument: 'before' },
    );
    if (!before) {
      if (!this.#isThere) await this.#make();
      return false;
    }
    if (before.holder !== this.#me) {
      this.#othersTurns++;
      this.contend();
    }
    this.#heldUntil = asked + TURN_MS;
    return true;
  }

  /** For whoever is the first ever to take a turn. */
  async #make(): Promise<void> {
    const first = { holder: this.#me, until: new Date(0), next: null };
    await this.#turns.updateOne(
      { _id: 'turn' },
      { $setOnInsert: first },
      { ...WITHOUT_WAITING, upsert: true },
    );
    this.#isThere = true;
  }
}

/** It is worth nothing once a failover has undone it. */
const WITHOUT_WAITING = { writeConcern: { w: 1 } } as const;
