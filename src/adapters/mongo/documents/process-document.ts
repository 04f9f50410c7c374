import type { ServerSessionId } from 'mongodb';

export type ProcessDocument = {
  /** The process's id, new with each start. */
  readonly _id: string;
  /** All sessions in which the process may have a transaction. */
  readonly sessions: readonly ServerSessionId[];
  /** By the server's clock; no other counts. */
  readonly aliveUntil: Date;
};
