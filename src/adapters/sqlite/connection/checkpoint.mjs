/**
 * Pages that the log collects before a checkpoint: 128 MB. A page that changes with every batch is then written to the
 * database once in about ten batches. With an eighth of it, a ledger of a million transfers was half as fast.
 */
export const CHECKPOINT_PAGES = 32_768;

/** A checkpoint of that many pages takes longer. A shorter commit had none, and costs no look at the log. */
const SHORTEST_MS = 2;

/**
 * Tells whether the last commit of a connection ran a checkpoint: SQLite runs one within each commit that leaves at
 * least `CHECKPOINT_PAGES` in the log (https://sqlite.org/pragma.html#pragma_wal_autocheckpoint).
 * @param {number} durationMs time that the commit took
 * @param {(sql: string) => unknown} get the first row, with integers as bigints
 * @returns {number | null} that time if it includes a checkpoint, otherwise null
 */
export function checkpointMs(durationMs, get) {
  if (durationMs < SHORTEST_MS) return null;
  try {
    // Only counts the pages
    const row = /** @type {{ log: bigint }} */ (get('PRAGMA wal_checkpoint(NOOP)'));
    return row.log >= CHECKPOINT_PAGES ? durationMs : null;
  } catch {
    // The commit is durable, whatever this read met
    return null;
  }
}
