import type { Instant } from '../time.ts';
import type { Counters, Direction, EntryStep } from './counters.ts';

/** An entry's own facts, all covered by its hash. Amounts are in minor units and never negative. */
export type LedgerEntryFacts = {
  readonly accountId: string;
  /** Position in the account's book, starting at 1, without gaps. */
  readonly sequence: number;
  readonly transferId: string;
  readonly step: EntryStep;
  readonly direction: Direction;
  /** Amount added to the posted side. */
  readonly posted: bigint;
  /** Amount moved on the pending side. The step decides whether it is added or taken off. */
  readonly pending: bigint;
  /** The account's counters after the entry. */
  readonly after: Counters;
  readonly at: Instant;
};

export type LedgerEntryState = LedgerEntryFacts & {
  /** H(previous hash of the account, H(entry)), 64 hexadecimal digits. */
  readonly hash: string;
};

/** One line of an account's book, made by `post`. It never changes and never disappears. */
export class LedgerEntry {
  readonly accountId: string;
  readonly sequence: number;
  readonly transferId: string;
  readonly step: EntryStep;
  readonly direction: Direction;
  readonly posted: bigint;
  readonly pending: bigint;
  readonly after: Counters;
  readonly at: Instant;
  readonly hash: string;

  private constructor(state: LedgerEntryState) {
    this.accountId = state.accountId;
    this.sequence = state.sequence;
    this.transferId = state.transferId;
    this.step = state.step;
    this.direction = state.direction;
    this.posted = state.posted;
    this.pending = state.pending;
    this.after = state.after;
    this.at = state.at;
    this.hash = state.hash;
  }

  /** Restores an entry without checks. For `post`, and for stores. */
  static restore(state: LedgerEntryState): LedgerEntry {
    return new LedgerEntry(state);
  }
}
