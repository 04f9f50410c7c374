import { createMiddleware } from 'hono/factory';
import { invalid } from '../../../domain/errors.ts';
import type { HttpEnv } from '../env.ts';

/**
 * The headers that must come once, with the field that an error names. Of two equal keys Node makes one text, which is
 * another key; of the others it keeps the first, and a proxy may have looked at the last (RFC 9110, section 5.3).
 */
const ONCE = [
  ['idempotency-key', 'idempotencyKey'],
  ['authorization', 'Authorization'],
  ['content-type', 'Content-Type'],
  ['content-encoding', 'Content-Encoding'],
  ['host', 'Host'],
] as const;

const FIELDS: ReadonlyMap<string, string> = new Map(ONCE);
const LENGTHS: ReadonlySet<number> = new Set(ONCE.map(([name]) => name.length));

/** Refuses a request that says one thing twice, before anything is done for it. */
export function repeatedHeadersRefused() {
  return createMiddleware<HttpEnv>((c, next) => {
    const raw = c.env?.incoming?.rawHeaders;
    const name = raw && repeatedHeader(raw);
    if (name !== undefined) throw invalid(FIELDS.get(name) ?? name, `must be given once in a ${name} header`);
    return next();
  });
}

/** Names and values take turns in the list. */
function repeatedHeader(raw: readonly string[]): string | undefined {
  const seen: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const given = raw[index] ?? '';
    if (!LENGTHS.has(given.length)) continue;
    const name = given.toLowerCase();
    if (!FIELDS.has(name)) continue;
    if (seen.includes(name)) return name;
    seen.push(name);
  }
  return undefined;
}
