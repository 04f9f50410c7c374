/**
 * Lines of a table with aligned columns, two spaces apart.
 * @param terms `cut`: longest text of each column, from the first on; a longer one ends with three dots
 */
export function tableLines(
  { head, cut }: { head?: readonly string[]; cut: readonly number[] },
  rows: readonly (readonly string[])[],
): readonly string[] {
  const cells = [...(head ? [head] : []), ...rows].map((row) =>
    row.map((text, column) => shortened(printable(text), cut[column] ?? Infinity)),
  );
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((row) => (row[column] ?? '').length)),
  );
  return cells.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function shortened(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 3)}...` : text;
}

/** A control character could change the terminal. */
function printable(text: string): string {
  return text.replaceAll(/\p{C}/gu, '?');
}
