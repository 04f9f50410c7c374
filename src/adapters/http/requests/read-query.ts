import type { HonoRequest } from 'hono';
import type * as v from 'valibot';
import { invalid } from '../../../domain/errors.ts';
import { shown } from './json-structure.ts';
import { DryRunQuery } from './queries.ts';
import { check } from './check-schema.ts';
import type { Schema, WithoutUndefined } from './check-schema.ts';

/**
 * Reads the query string. Each parameter may appear once.
 * @throws PassbookError `invalid_request`
 */
export function readQuery<S extends Schema>(
  request: HonoRequest<string>,
  schema: S,
): WithoutUndefined<v.InferOutput<S>> {
  return check(schema, Object.fromEntries(queryOf(request)));
}

/** Twice the most that any route takes, 20 pairs of metadata included. */
const QUERY_FIELDS_MAX = 64;

const PAIR_PREFIX = 'metadata.';

/**
 * Reads the query string like `readQuery`. A parameter `metadata.NAME=text` is a pair of the metadata.
 * @throws PassbookError `invalid_request`
 */
export function readQueryWithMetadata<S extends Schema>(
  request: HonoRequest<string>,
  schema: S,
): WithoutUndefined<v.InferOutput<S>> & { metadata?: Record<string, string> } {
  const query = queryOf(request);
  const pairs = query.filter(([name]) => name.startsWith(PAIR_PREFIX));
  const checked = check(schema, Object.fromEntries(query.filter(([name]) => !name.startsWith(PAIR_PREFIX))));
  if (pairs.length === 0) return checked;
  const metadata = Object.fromEntries(pairs.map(([name, text]) => [name.slice(PAIR_PREFIX.length), text]));
  return { ...checked, metadata };
}

function queryOf(request: HonoRequest<string>): readonly [name: string, value: string][] {
  if (!request.url.includes('?')) return [];
  if (request.url.split('&', QUERY_FIELDS_MAX + 1).length > QUERY_FIELDS_MAX) {
    throw invalid('query', `must have at most ${QUERY_FIELDS_MAX} parameters`);
  }
  const pairs = [...new URL(request.url).searchParams];
  const names = new Set<string>();
  for (const [name] of pairs) {
    if (names.has(name)) throw invalid(shown(name), 'must be given once');
    names.add(name);
  }
  return pairs;
}

/** @throws PassbookError `invalid_request` */
export function dryRunOf(request: HonoRequest<string>): { dryRun: boolean } {
  return { dryRun: readQuery(request, DryRunQuery).dryRun === 'true' };
}
