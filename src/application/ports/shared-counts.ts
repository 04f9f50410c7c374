/** Counters of a period that all servers of a database add up. Losing them does no harm. */
export interface SharedCounts {
  /**
   * Adds to each counter of the period, and returns the sums of all servers by the counter's name. Counters of earlier
   * periods may be gone.
   * @param period number of the period, in order of time
   * @throws PassbookError `unavailable`
   */
  add(period: number, counts: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, number>>;
}
