import type { Digest } from '../integrity/hash-chain.ts';
import type { Instant } from '../time.ts';

export type DecisionContext = {
  readonly now: Instant;
  readonly digest: Digest;
  /** Whether to write notifications for account owners. An embedder without Passbook users has this off. */
  readonly notify: boolean;
  /** Whether nothing will be stored. Skips balance rules of other people's accounts, so nobody can probe them. */
  readonly dryRun: boolean;
};
