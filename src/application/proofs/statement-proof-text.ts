import type { StatementProofReading } from './export-statement.ts';

/**
 * Renders a statement proof as JSON, in chunks. Each entry and each digest begins on a line of its own.
 * @param terms `indent`: number of spaces for nested content. Default: 0, one line
 */
export async function* statementProofText(
  { head, portions }: StatementProofReading,
  { indent = 0 }: { indent?: number } = {},
): AsyncGenerator<string, void> {
  const json = (value: unknown) => JSON.stringify(value, null, indent);
  const { format, version, period, previousHash, ...rest } = head;
  let text = `${json({ format, version, period, previousHash }).slice(0, -1)},"opening":`;
  let place: 'opening' | 'entries' | 'digests' = 'opening';
  let isFirst = true;
  for await (const { opening, entries, following, digests } of portions()) {
    if (place === 'opening') {
      text += `${json(opening ?? null)},"entries":[`;
      place = 'entries';
    }
    for (const entry of entries) {
      text += `${isFirst ? '' : ','}\n${json(entry)}`;
      isFirst = false;
    }
    if (following) {
      text += `],"following":${json(following)},"digests":[`;
      place = 'digests';
      isFirst = true;
    }
    for (const digest of digests) {
      text += `${isFirst ? '' : ','}\n${json(digest)}`;
      isFirst = false;
    }
    yield text;
    text = '';
  }
  if (place === 'opening') text += 'null,"entries":[';
  if (place !== 'digests') text += '],"following":null,"digests":[';
  yield `${text}],${json(rest).slice(1)}\n`;
}
