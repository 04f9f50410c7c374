import type { UnitChanges } from './write-changes.ts';

/** What a unit is about to commit, for the next one to begin upon. */
export type PendingUnit = UnitChanges & {
  /** Where it leaves the head of the ledger. */
  readonly unit: bigint;
  /** Whether what it began upon itself was committed; true where that was before it began. */
  readonly isBaseCommitted: Promise<boolean>;
  /** Whether this is what was committed, and all that was to be done after it is done. */
  readonly isCommitted: Promise<boolean>;
};

/** One of the units of a process, which come one after another. */
export class PipelinedUnit {
  /** As if there had been one before the first. */
  static first(): PipelinedUnit {
    const unit = new PipelinedUnit();
    unit.#end(false);
    return unit;
  }

  /** Undefined if it ends with nothing to offer. */
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

  /** What an attempt before may have offered is not what will be committed. */
  beginAttempt(): void {
    this.#settle(false);
  }

  /** Only what the first attempt offers is taken: who began upon that has to begin again with it. */
  offer(changes: Omit<PendingUnit, 'isCommitted'>): void {
    const isCommitted = new Promise<boolean>((resolve) => {
      this.#settle = resolve;
    });
    this.#offer({ ...changes, isCommitted });
  }

  /** Ends with `work`, and not before the unit before it has. */
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
