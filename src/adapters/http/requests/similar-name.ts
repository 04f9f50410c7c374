/** Returns the known name that was most likely meant: one spelt otherwise, begun, or mistyped in a few places. */
export function similarName(given: string, known: readonly string[]): string | undefined {
  const name = plain(given);
  if (name.length < 2) return undefined;
  return (
    known.find((one) => plain(one) === name) ??
    known.find((one) => plain(one).startsWith(name)) ??
    known.find((one) => distance(plain(one), name) <= Math.min(2, name.length / 3))
  );
}

/** from_account, FromAccount and from-account are one name. */
function plain(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9]/g, '').toLowerCase();
}

/** Number of characters to insert, delete or replace between two texts (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (const [y, letter] of [...from].entries()) {
    const next = [y + 1];
    for (let x = 0; x < to.length; x++) {
      const replaced = (row[x] ?? 0) + (letter === to[x] ? 0 : 1);
      next.push(Math.min(replaced, (row[x + 1] ?? 0) + 1, (next[x] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
