import type { Store } from '../../src/application/ports/ledger-store.ts';
import type { Bank } from '../support/bank.ts';
import type { FixedClock } from '../support/builders.ts';

/** What a contract's tests work on: two doors to the same data, which are two clients of it where a store allows. */
export type Subject = {
  readonly clock: FixedClock;
  readonly store: Store;
  readonly second: Store;
  readonly bank: Bank;
  /** A ledger of another process, as far as the store lets there be one. */
  readonly otherBank: Bank;
};
