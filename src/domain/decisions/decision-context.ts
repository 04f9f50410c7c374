import type { Digest } from '../integrity/hash-chain.ts';
import type { Instant } from '../time.ts';

export type DecisionContext = {
  readonly now: Instant;
  readonly digest: Digest;
  /** Whether owners are sent messages; an embedder without users of ours wants none. */
  readonly notify: boolean;
  /** Nothing will be kept: rules on the balance of another's account are not looked at, so that nobody can probe it. */
  readonly dryRun: boolean;
};
