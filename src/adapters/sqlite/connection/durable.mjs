/** Required values for an acknowledged transfer to survive a loss of power, and for the schema to hold. */
const REQUIRED = { journal_mode: 'wal', synchronous: 2n, foreign_keys: 1n, recursive_triggers: 1n };

/**
 * Checks the settings: SQLite silently ignores a value that it cannot use.
 * @param {(sql: string) => unknown} get the first row, with integers as bigints
 * @throws {Error} naming the setting that differs
 */
export function requireDurable(get) {
  for (const [name, required] of Object.entries(REQUIRED)) {
    const row = /** @type {Record<string, unknown> | undefined} */ (get(`PRAGMA ${name}`));
    const found = row?.[name];
    if (found !== required) throw new Error(`SQLite has ${name} = ${String(found)}, not ${required}`);
  }
}
