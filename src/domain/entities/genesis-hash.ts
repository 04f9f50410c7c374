/** The hash before an account's first entry. */
export const GENESIS_HASH = '0'.repeat(64);
