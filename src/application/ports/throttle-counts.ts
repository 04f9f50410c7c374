/** Counters by key that expire, shared by all servers of a database. Losing the latest counts does little harm. */
export interface ThrottleCounts {
  /**
   * Adds one to the key's counter and returns it. Without a live counter, one begins that expires after `seconds`.
   * @throws PassbookError `unavailable`, `storage_full`
   */
  add(key: string, seconds: number): Promise<ThrottleCount>;
  /**
   * Subtracts one from the key's counter, if it exists.
   * @throws PassbookError `unavailable`, `storage_full`
   */
  takeBack(key: string): Promise<void>;
  /** @throws PassbookError `unavailable` */
  find(key: string): Promise<ThrottleCount | undefined>;
  /** @throws PassbookError `unavailable`, `storage_full` */
  delete(key: string): Promise<void>;
}

export type ThrottleCount = {
  readonly count: number;
  /** Milliseconds until the counter expires, above 0. */
  readonly leftMs: number;
};
