import type { Store } from '../../src/application/ports/ledger-store.ts';
import type { Bank } from '../support/bank.ts';
import type { FixedClock } from '../support/builders.ts';

/** Subject of a contract's tests: two stores on the same data, which are two clients if the store supports that. */
export type Subject = {
  readonly clock: FixedClock;
  readonly store: Store;
  readonly second: Store;
  readonly bank: Bank;
  /** A ledger over `second`, like that of another process. */
  readonly otherBank: Bank;
};
