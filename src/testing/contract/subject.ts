import type { Store } from '../../application/ports/ledger-store.ts';
import type { TestBank } from '../fixtures/bank.ts';
import type { FixedClock } from '../fixtures/builders.ts';

/** Subject of a contract's tests: two stores on the same data, which are two clients if the store supports that. */
export type Subject = {
  readonly clock: FixedClock;
  readonly store: Store;
  readonly second: Store;
  readonly bank: TestBank;
  /** A ledger over `second`, like that of another process. */
  readonly otherBank: TestBank;
};
