import type { HonoRequest } from 'hono';
import * as v from 'valibot';
import { PAGE_LIMIT_MAX } from '../../application/page.ts';
import { invalid, PassbookError } from '../../domain/errors.ts';
import type { FieldError } from '../../domain/errors.ts';
import { isIdempotencyKey } from '../../domain/idempotency.ts';
import { MAX_AMOUNT } from '../../domain/money.ts';

const BODY_LIMIT_BYTES = 64 * 1024;

const AMOUNT_RULE = `must be an integer from 1 to ${MAX_AMOUNT}, in the currency's minor unit`;

/** Minor units, as a JSON number: 500 is 5.00 in a currency with two decimals. */
export const Amount = v.pipe(
  v.number(),
  v.integer(AMOUNT_RULE),
  v.minValue(1, AMOUNT_RULE),
  v.maxValue(Number(MAX_AMOUNT), AMOUNT_RULE),
);

const PAGE_LIMIT_RULE = `must be an integer from 1 to ${PAGE_LIMIT_MAX}`;

/** The query of a list. */
export const PageQuery = v.strictObject({
  limit: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^\d{1,3}$/, PAGE_LIMIT_RULE),
      v.transform(Number),
      v.minValue(1, PAGE_LIMIT_RULE),
      v.maxValue(PAGE_LIMIT_MAX, PAGE_LIMIT_RULE),
    ),
  ),
  cursor: v.optional(v.string()),
});

export const Nothing = v.strictObject({});

type Schema = v.GenericSchema<unknown, object>;

/**
 * The JSON body, which may be left out where no field is required.
 * @throws PassbookError `body_too_large`, `unsupported_media_type`, `malformed_json`, `invalid_request`
 */
export async function readBody<S extends Schema>(
  request: HonoRequest,
  schema: S,
): Promise<WithoutUndefined<v.InferOutput<S>>> {
  const bytes = await readBytes(request);
  if (bytes.length === 0) return check(schema, {});
  if (!/^application\/json *(;|$)/i.test(request.header('content-type') ?? '')) {
    throw new PassbookError('unsupported_media_type');
  }

  const body = parseJson(bytes);
  const fault = plainnessFault(body, []);
  if (fault) throw new PassbookError('invalid_request', { errors: [fault] });
  return check(schema, body);
}

/**
 * The parameters after the question mark, each given once.
 * @throws PassbookError `invalid_request`
 */
export function readQuery<S extends Schema>(
  request: HonoRequest,
  schema: S,
): WithoutUndefined<v.InferOutput<S>> {
  const { searchParams } = new URL(request.url);
  const twice = [...searchParams.keys()].find((name) => searchParams.getAll(name).length > 1);
  if (twice !== undefined) throw invalid(twice, 'must be given once');

  return check(schema, Object.fromEntries(searchParams));
}

/**
 * The key from the body or the header; from both if they are equal.
 * @throws PassbookError `invalid_request`
 */
export function readKey(request: HonoRequest, inBody: string | undefined): string | undefined {
  const header = request.header('idempotency-key');
  if (header === undefined) return inBody;

  const inHeader = unquoted(header);
  if (!isIdempotencyKey(inHeader)) {
    throw invalid(
      'idempotencyKey',
      'must be 1 to 255 printable ASCII characters in the Idempotency-Key header, quoted or bare',
    );
  }
  if (inBody !== undefined && inBody !== inHeader) {
    throw invalid('idempotencyKey', 'must be the same in the body and in the Idempotency-Key header');
  }
  return inHeader;
}

/** @throws PassbookError `invalid_request`, where there is none too */
export function requireKey(request: HonoRequest, inBody: string | undefined): string {
  const key = readKey(request, inBody);
  if (key === undefined) {
    throw invalid('idempotencyKey', 'is required, in the body or in the Idempotency-Key header');
  }
  return key;
}

/** A string of RFC 8941, section 3.3.3, as draft-ietf-httpapi-idempotency-key-header-07 has it, or the bare key. */
function unquoted(header: string): string | undefined {
  if (!header.startsWith('"')) return header;
  return /^"((?:[^"\\]|\\["\\])*)"$/.exec(header)?.[1]?.replaceAll(/\\(["\\])/g, '$1');
}

async function readBytes(request: HonoRequest): Promise<Uint8Array> {
  const announced = request.header('content-length');
  if (announced !== undefined && Number(announced) > BODY_LIMIT_BYTES) {
    throw new PassbookError('body_too_large');
  }
  try {
    // The parser holds a body to its announced length; only one without is counted here
    if (announced !== undefined) return new Uint8Array(await request.arrayBuffer());
    return await readCounting(request.raw.body);
  } catch (error) {
    if (error instanceof PassbookError) throw error;
    // The client has gone, and nobody reads the answer
    throw new PassbookError('malformed_json', {}, { cause: error });
  }
}

async function readCounting(body: ReadableStream<Uint8Array> | null): Promise<Uint8Array> {
  if (!body) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > BODY_LIMIT_BYTES) throw new PassbookError('body_too_large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch (error) {
    throw new PassbookError('malformed_json', {}, { cause: error });
  }
}

const RESERVED: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const DEPTH_MAX = 8;

/**
 * What valibot lets pass: it takes a list for an object, and leaves reserved names out of a record without a word.
 * No request has a list.
 */
function plainnessFault(value: unknown, path: readonly string[]): FieldError | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return { field: fieldOf(path), message: 'must not be a list' };
  if (path.length > DEPTH_MAX) return { field: fieldOf(path), message: 'must not be nested so deep' };

  for (const [name, inner] of Object.entries(value)) {
    const inside = [...path, name];
    if (RESERVED.has(name)) return { field: fieldOf(inside), message: 'is not a known field' };
    const fault = plainnessFault(inner, inside);
    if (fault) return fault;
  }
  return undefined;
}

function fieldOf(path: readonly string[]): string {
  return path.length === 0 ? 'body' : path.join('.');
}

function check<S extends Schema>(schema: S, value: unknown): WithoutUndefined<v.InferOutput<S>> {
  const checked = v.safeParse(schema, value, { abortPipeEarly: true });
  if (checked.success) return checked.output as WithoutUndefined<v.InferOutput<S>>;

  const errors = checked.issues.map((issue) => ({
    field: v.getDotPath(issue) ?? 'body',
    message: messageOf(issue),
  }));
  throw new PassbookError('invalid_request', { errors });
}

/** valibot's own messages would repeat what was given, passwords too. */
function messageOf(issue: v.BaseIssue<unknown>): string {
  if (issue.kind !== 'schema') return issue.message;
  if (issue.expected === 'never') return 'is not a known field';
  if (issue.type === 'strict_object' && issue.path) return 'is required';
  return EXPECTED[issue.expected ?? ''] ?? 'is not valid';
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'must be a text',
  number: AMOUNT_RULE,
  Object: 'must be an object',
};

/** JSON has no undefined: an optional field is there or is not. */
type WithoutUndefined<T> = { [K in keyof T]: Exclude<T[K], undefined> };
