import type { Instant } from '../time.ts';

/** Something that a user keeps about one account of another: a label, and the name that a check confirmed. */
export type Payee = {
  readonly id: string;
  readonly userId: string;
  readonly accountId: string;
  readonly number: string;
  /** The user's own words. Null if they gave none. */
  readonly label: string | null;
  /** The owner's display name at the latest check that matched. Null before one. */
  readonly confirmedName: string | null;
  /** Null if the user has not saved it: then it only remembers the confirmed name. */
  readonly savedAt: Instant | null;
  readonly createdAt: Instant;
};

/** A payee that its user has saved. */
export type SavedPayee = Payee & { readonly savedAt: Instant };

export function isSaved(payee: Payee): payee is SavedPayee {
  return payee.savedAt !== null;
}

export const PAYEE_LABEL_MAX_LENGTH = 60;
/** Maximum of payees that a user may save. */
export const PAYEES_MAX = 1_000;
