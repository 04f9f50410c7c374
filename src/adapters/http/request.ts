import type { HonoRequest } from 'hono';
import * as v from 'valibot';
import { DIRECTIONS, KINDS, STATUSES } from '../../application/history.ts';
import { PAGE_LIMIT_MAX } from '../../application/page.ts';
import { invalid, PassbookError } from '../../domain/errors.ts';
import type { FieldError } from '../../domain/errors.ts';
import { isIdempotencyKey } from '../../domain/idempotency.ts';
import { MAX_AMOUNT } from '../../domain/money.ts';

const BODY_LIMIT_BYTES = 64 * 1024;
/** A batch of the largest size, each of its transfers with a description and some metadata. */
export const BATCH_LIMIT_BYTES = 2 * 1024 * 1024;

const AMOUNT_RULE = `must be an integer from 1 to ${MAX_AMOUNT}, in the currency's minor unit`;

/** Minor units, as a JSON number: 500 is 5.00 in a currency with two decimals. */
export const Amount = v.pipe(
  v.number(AMOUNT_RULE),
  v.integer(AMOUNT_RULE),
  v.minValue(1, AMOUNT_RULE),
  v.maxValue(Number(MAX_AMOUNT), AMOUNT_RULE),
);

const BALANCE_RULE = `must be an integer from -${MAX_AMOUNT} to ${MAX_AMOUNT}, in the currency's minor unit`;

/** A limit of a balance; minor units. */
export const BalanceLimit = v.pipe(
  v.number(BALANCE_RULE),
  v.integer(BALANCE_RULE),
  v.minValue(-Number(MAX_AMOUNT), BALANCE_RULE),
  v.maxValue(Number(MAX_AMOUNT), BALANCE_RULE),
);

const INSTANT_RULE = 'must be an instant of RFC 3339, such as 2030-01-31T12:00:00Z';
/** RFC 3339, section 5.6, without the leap second, which no clock here can show. */
const INSTANT =
  /^\d{4}-\d\d-\d\d[Tt]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** An instant as text, to milliseconds since 1970. */
export const InstantText = v.pipe(
  v.string(),
  v.regex(INSTANT, INSTANT_RULE),
  v.check(isDayOfCalendar, INSTANT_RULE),
  v.transform((text) => Date.parse(text.toUpperCase())),
);

const DAY = /^\d{4}-\d\d-\d\d$/;
const DAY_RULE = 'must be a day, such as 2030-01-31, or an instant of RFC 3339';

/** Where a period begins or ends: an instant, or a day, which stands for its first instant in UTC. */
export const PeriodText = v.pipe(
  v.string(),
  v.transform((text) => (DAY.test(text) ? `${text}T00:00:00Z` : text)),
  v.regex(INSTANT, DAY_RULE),
  v.check(isDayOfCalendar, DAY_RULE),
  v.transform((text) => Date.parse(text.toUpperCase())),
);

/** JavaScript takes the 31st of February for the 3rd of March. */
function isDayOfCalendar(text: string): boolean {
  const [year = 0, month = 0, day = 0] = text.slice(0, 10).split('-').map(Number);
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** A list whose length is looked at before what is in it, so that one too long costs nothing. */
export function listOf<S extends v.GenericSchema>(
  item: S,
  { min, max, rule }: { min: number; max: number; rule: string },
) {
  return v.pipe(v.array(v.unknown()), v.minLength(min, rule), v.maxLength(max, rule), v.array(item));
}

/** The same checks and the same answer, with nothing kept. */
const DryRunQuery = v.strictObject({
  dryRun: v.optional(v.picklist(['true', 'false'], 'must be true or false')),
});

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

/** A balance now, or at an instant. */
export const AtQuery = v.strictObject({ at: v.optional(InstantText) });

const AmountText = v.pipe(
  v.string(),
  v.regex(/^\d{1,16}$/, AMOUNT_RULE),
  v.transform((text) => BigInt(text)),
);

/** The query of a history; metadata aside. */
export const HistoryQuery = v.strictObject({
  ...PageQuery.entries,
  from: v.optional(PeriodText),
  to: v.optional(PeriodText),
  direction: v.optional(v.picklist(DIRECTIONS, `must be one of ${DIRECTIONS.join(', ')}`)),
  counterparty: v.optional(v.string()),
  minAmount: v.optional(AmountText),
  maxAmount: v.optional(AmountText),
  status: v.optional(v.picklist(STATUSES, `must be one of ${STATUSES.join(', ')}`)),
  kind: v.optional(v.picklist(KINDS, `must be one of ${KINDS.join(', ')}`)),
});

export const Nothing = v.strictObject({});

/** No more faults are told than help, however many there are: an answer must not outgrow its request. */
const FIELD_ERRORS_MAX = 20;

type Schema = v.GenericSchema<unknown, object>;

/**
 * The JSON body, which may be left out where no field is required.
 * @throws PassbookError `body_too_large`, `unsupported_media_type`, `malformed_json`, `invalid_request`
 */
export async function readBody<S extends Schema>(
  request: HonoRequest<string>,
  schema: S,
  { limitBytes = BODY_LIMIT_BYTES }: { limitBytes?: number } = {},
): Promise<WithoutUndefined<v.InferOutput<S>>> {
  const bytes = await readBytes(request, limitBytes);
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
  request: HonoRequest<string>,
  schema: S,
): WithoutUndefined<v.InferOutput<S>> {
  return check(schema, Object.fromEntries(queryOf(request)));
}

const PAIR_PREFIX = 'metadata.';

/**
 * As `readQuery`, where `metadata.NAME=text` stands for a pair of the metadata.
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
  const { searchParams } = new URL(request.url);
  const twice = [...searchParams.keys()].find((name) => searchParams.getAll(name).length > 1);
  if (twice !== undefined) throw invalid(twice, 'must be given once');

  return [...searchParams];
}

/** @throws PassbookError `invalid_request` */
export function dryRunOf(request: HonoRequest<string>): { dryRun: boolean } {
  return { dryRun: readQuery(request, DryRunQuery).dryRun === 'true' };
}

/**
 * The key from the body or the header; from both if they are equal.
 * @throws PassbookError `invalid_request`
 */
export function readKey(request: HonoRequest<string>, inBody: string | undefined): string | undefined {
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
export function requireKey(request: HonoRequest<string>, inBody: string | undefined): string {
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

async function readBytes(request: HonoRequest<string>, limitBytes: number): Promise<Uint8Array> {
  const announced = request.header('content-length');
  if (announced !== undefined && Number(announced) > limitBytes) {
    throw new PassbookError('body_too_large');
  }
  try {
    // The parser holds a body to its announced length; only one without is counted here
    if (announced !== undefined) return new Uint8Array(await request.arrayBuffer());
    return await readCounting(request.raw.body, limitBytes);
  } catch (error) {
    if (error instanceof PassbookError) throw error;
    // The client has gone, and nobody reads the answer
    throw new PassbookError('malformed_json', {}, { cause: error });
  }
}

async function readCounting(
  body: ReadableStream<Uint8Array> | null,
  limitBytes: number,
): Promise<Uint8Array> {
  if (!body) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > limitBytes) throw new PassbookError('body_too_large');
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
/** The only fields that hold one. */
const LISTS: ReadonlySet<string> = new Set(['transfers', 'legs']);

/**
 * What valibot lets pass: it takes a list for an object, and leaves reserved names out of a record without a word.
 */
function plainnessFault(value: unknown, path: readonly string[]): FieldError | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value) && !LISTS.has(path.at(-1) ?? '')) {
    return { field: fieldOf(path), message: 'must not be a list' };
  }
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

  const errors = checked.issues.slice(0, FIELD_ERRORS_MAX).map((issue) => ({
    field: v.getDotPath(issue) ?? 'body',
    message: messageOf(issue),
  }));
  throw new PassbookError('invalid_request', { errors });
}

/** valibot's own messages, which begin alike, would repeat what was given, passwords too. */
function messageOf(issue: v.BaseIssue<unknown>): string {
  if (issue.kind !== 'schema') return issue.message;
  if (issue.expected === 'never') return 'is not a known field';
  if (issue.type === 'strict_object' && issue.expected !== 'Object') return 'is required';
  if (!issue.message.startsWith('Invalid ')) return issue.message;
  return EXPECTED[issue.expected ?? ''] ?? 'is not valid';
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'must be a text',
  Object: 'must be an object',
  Array: 'must be a list',
  boolean: 'must be true or false',
};

/** JSON has no undefined: an optional field is there or is not. */
type WithoutUndefined<T> = { [K in keyof T]: Exclude<T[K], undefined> };
