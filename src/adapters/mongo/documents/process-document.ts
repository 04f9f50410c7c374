import type { ServerSessionId } from 'mongodb';

export type ProcessDocument = {
  /** Its own, new with each start. */
  readonly _id: string;
  /** All that it may have a transaction in. */
  readonly sessions: readonly ServerSessionId[];
  /** By the server's clock, which alone is asked. */
  readonly aliveUntil: Date;
};
