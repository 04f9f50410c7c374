import { createMiddleware } from 'hono/factory';
import { invalid } from '../../../domain/errors.ts';
import type { HttpEnv } from '../env.ts';

type Once = { readonly field: string; readonly header: string };

/**
 * Headers that may appear once, and the field that an error names. Node joins two Idempotency-Key headers into one
 * text, which is a different key. Of the others it keeps the first, but a proxy may have used the last (RFC 9110,
 * section 5.3).
 */
const ONCE: readonly (readonly [name: string, once: Once])[] = [
  ['idempotency-key', { field: 'idempotencyKey', header: 'an Idempotency-Key' }],
  ['authorization', { field: 'Authorization', header: 'an Authorization' }],
  ['content-type', { field: 'Content-Type', header: 'a Content-Type' }],
  ['content-encoding', { field: 'Content-Encoding', header: 'a Content-Encoding' }],
  ['host', { field: 'Host', header: 'a Host' }],
];

const HEADERS: ReadonlyMap<string, Once> = new Map(ONCE);
const LENGTHS: ReadonlySet<number> = new Set(ONCE.map(([name]) => name.length));

/** Refuses a request that repeats one of these headers, before any work is done for it. */
export function repeatedHeadersRefused() {
  return createMiddleware<HttpEnv>((c, next) => {
    const raw = c.env?.incoming?.rawHeaders;
    const repeated = raw && repeatedHeader(raw);
    if (repeated) throw invalid(repeated.field, `must be given once in ${repeated.header} header`);
    return next();
  });
}

/** @param raw names and values in alternation */
function repeatedHeader(raw: readonly string[]): Once | undefined {
  const seen: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const given = raw[index] ?? '';
    if (!LENGTHS.has(given.length)) continue;
    const name = given.toLowerCase();
    const once = HEADERS.get(name);
    if (once === undefined) continue;
    if (seen.includes(name)) return once;
    seen.push(name);
  }
  return undefined;
}
