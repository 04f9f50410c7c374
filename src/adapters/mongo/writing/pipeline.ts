import type { UnitChanges } from './write-changes.ts';

/** A decided, uncommitted unit, on which the next one may build. */
export type PendingUnit = UnitChanges & {
  /** The ledger version after this unit. */
  readonly unit: bigint;
  /** Whether this unit's own base was committed. True if that was committed before this unit began. */
  readonly isBaseCommitted: Promise<boolean>;
  /** Whether exactly these changes were committed, and all follow-up work is done. */
  readonly isCommitted: Promise<boolean>;
};

/** One unit in the pipeline of a process. */
export class PipelinedUnit {
  /** A unit that has already ended, for the first one to follow. */
  static first(): PipelinedUnit {
    const unit = new PipelinedUnit();
    unit.#end(false);
    return unit;
  }

  /** Undefined if the unit ends without an offer. */
  readonly pending: Promise<PendingUnit | undefined>;
  /** Never rejects. */
  readonly ended: Promise<void>;
  #hasEnded = false;
  #offer!: (tentative: PendingUnit | undefined) => void;
  #markEnded!: () => void;
  #settle: (isCommitted: boolean) => void = () => {};

  constructor() {
    this.pending = new Promise((resolve) => {
      this.#offer = resolve;
    });
    this.ended = new Promise((resolve) => {
      this.#markEnded = resolve;
    });
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Invalidates the offer of an earlier attempt: it will not be committed. */
  beginAttempt(): void {
    this.#settle(false);
  }

  /**
   * Offers changes to the next unit. Only the first attempt's offer is used; a unit built on it must restart if this
   * attempt fails.
   */
  offer(changes: Omit<PendingUnit, 'isCommitted'>): void {
    const isCommitted = new Promise<boolean>((resolve) => {
      this.#settle = resolve;
    });
    this.#offer({ ...changes, isCommitted });
  }

  /** Ends with `work`, but never before the previous unit has ended. */
  async endWith(work: Promise<unknown>, before: PipelinedUnit): Promise<void> {
    const [done] = await Promise.allSettled([work, before.ended]);
    this.#end(done.status === 'fulfilled');
  }

  #end(isCommitted: boolean): void {
    this.#hasEnded = true;
    this.#settle(isCommitted);
    this.#offer(undefined);
    this.#markEnded();
  }
}
