import type { PassbookError } from '../../domain/errors.ts';
import type { Instant } from '../../domain/time.ts';

/** Whether the bank takes changes now. */
export interface Availability {
  /** Start of the maintenance that is under way; null if there is none. */
  readonly maintenanceSince: Instant | null;
  /** Error for a request that would change anything. Undefined: changes are taken, or at least tried. */
  refusal(): PassbookError | undefined;
  /** Error for a command of the ledger. Unlike `refusal`, it knows a store that cannot be reached. */
  commandRefusal(): PassbookError | undefined;
}

/** A bank that always tries. */
export const ALWAYS_AVAILABLE: Availability = {
  maintenanceSince: null,
  refusal: () => undefined,
  commandRefusal: () => undefined,
};
