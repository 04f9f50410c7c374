import type { HonoRequest } from 'hono';
import * as v from 'valibot';
import { DIRECTIONS, KINDS, STATUSES } from '../../../application/reporting/history-filter.ts';
import { LEGS_MAX } from '../../../application/transfers/transfer-request.ts';
import { PAGE_LIMIT_MAX } from '../../../application/page.ts';
import { METADATA_MAX_PAIRS } from '../../../application/validation.ts';
import { BATCH_MAX } from '../../../application/transfers/submit-batch.ts';
import { invalid, PassbookError } from '../../../domain/errors.ts';
import type { FieldError } from '../../../domain/errors.ts';
import { isIdempotencyKey } from '../../../domain/books/idempotency.ts';
import { MAX_AMOUNT } from '../../../domain/money/money.ts';
import { readBytes } from './body-bytes.ts';
import type { RequestContext } from './body-bytes.ts';
import { shown, structureFault } from './json-structure.ts';
import type { JsonLimits } from './json-structure.ts';
import { readInstant } from '../../../domain/time.ts';

const BODY_LIMIT_BYTES = 64 * 1024;
/** Enough for the largest batch, if each transfer has a description and some metadata. */
export const BATCH_LIMIT_BYTES = 2 * 1024 * 1024;

export const BATCH = { min: 1, max: BATCH_MAX, rule: `must be a list of 1 to ${BATCH_MAX}` };
export const LEGS = { min: 2, max: LEGS_MAX, rule: `must be a list of 2 to ${LEGS_MAX}` };

const AMOUNT_RULE = `must be an integer from 1 to ${MAX_AMOUNT}, in the currency's minor unit`;

/** An amount in minor units, as a JSON number: 500 is 5.00 in a currency with two decimals. */
export const Amount = v.pipe(
  v.number(AMOUNT_RULE),
  v.integer(AMOUNT_RULE),
  v.minValue(1, AMOUNT_RULE),
  v.maxValue(Number(MAX_AMOUNT), AMOUNT_RULE),
);

const BALANCE_RULE = `must be an integer from -${MAX_AMOUNT} to ${MAX_AMOUNT}, in the currency's minor unit`;

/** A limit of a balance, in minor units. */
export const BalanceLimit = v.pipe(
  v.number(BALANCE_RULE),
  v.integer(BALANCE_RULE),
  v.minValue(-Number(MAX_AMOUNT), BALANCE_RULE),
  v.maxValue(Number(MAX_AMOUNT), BALANCE_RULE),
);

/** Reads an instant from text, as milliseconds since 1970. */
export const InstantText = instantText({ days: false });

/** Reads an instant, or a day. A day stands for its first instant in UTC. */
export const PeriodText = instantText({ days: true });

function instantText(terms: { days: boolean }) {
  return v.pipe(
    v.string(),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const read = readInstant(dataset.value, terms);
      if ('instant' in read) return read.instant;
      addIssue({ message: read.fault });
      return NEVER;
    }),
  );
}

/** A list, whose length is checked before its items. The check stops at `FIELD_ERRORS_MAX` faults. */
export function listOf<S extends v.GenericSchema>(
  item: S,
  { min, max, rule }: { min: number; max: number; rule: string },
) {
  return v.pipe(
    v.array(v.unknown()),
    v.minLength(min, rule),
    v.maxLength(max, rule),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const items: v.InferOutput<S>[] = [];
      let faults = 0;
      for (const [key, value] of dataset.value.entries()) {
        const checked = v.safeParse(item, value, { abortPipeEarly: true });
        if (checked.success) items.push(checked.output);
        const place = { type: 'array', origin: 'value', input: dataset.value, key, value } as const;
        for (const issue of checked.issues ?? []) {
          addIssue({ message: messageOf(issue), path: [place, ...(issue.path ?? [])] });
          if (++faults >= FIELD_ERRORS_MAX) return NEVER;
        }
      }
      return faults === 0 ? items : NEVER;
    }),
  );
}

/** The query of a command that can be a dry run. */
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

/** The query of a balance: without `at`, the current one. */
export const AtQuery = v.strictObject({ at: v.optional(PeriodText) });

const AmountText = v.pipe(
  v.string(),
  v.regex(/^\d{1,16}$/, AMOUNT_RULE),
  v.transform((text) => BigInt(text)),
);

/** The query of a history, without its metadata. */
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

/** Maximum of faults in one response, which must not be larger than its request. */
const FIELD_ERRORS_MAX = 20;

type Schema = v.GenericSchema<unknown, object>;

/**
 * Reads the JSON body. An absent body counts as an empty object.
 * @throws PassbookError `body_too_large`, `unsupported_media_type`, `malformed_json`, `invalid_request`
 */
export async function readBody<S extends Schema>(
  c: RequestContext,
  schema: S,
): Promise<WithoutUndefined<v.InferOutput<S>>> {
  return check(schema, await readJson(c, BODY_LIMIT_BYTES));
}

/**
 * Reads the JSON body of a request that needs a key in the body or in the header. One error names all faults.
 * @throws PassbookError as `readBody`
 */
export async function readKeyedBody<S extends Schema>(
  c: RequestContext,
  schema: S,
  {
    limitBytes = BODY_LIMIT_BYTES,
    oneOf,
  }: { limitBytes?: number; oneOf?: readonly [field: string, other: string] } = {},
): Promise<WithoutUndefined<v.InferOutput<S>> & { idempotencyKey: string }> {
  const json = await readJson(c, limitBytes);
  const checked = v.safeParse(schema, json, { abortPipeEarly: true });
  const fields = isRecord(json) ? json : undefined;
  const key = checkKey(c.req, fields?.['idempotencyKey']);
  const isNoneGiven = oneOf !== undefined && fields !== undefined && isNoneOf(fields, oneOf);
  if (checked.success && key.fault === undefined && !isNoneGiven) {
    return { ...(checked.output as WithoutUndefined<v.InferOutput<S>>), idempotencyKey: key.key };
  }
  throw invalidFields([
    ...errorsOf(checked.issues ?? []),
    ...(isNoneGiven ? [oneOfFault(oneOf)] : []),
    ...(fields && key.fault !== undefined ? [{ field: 'idempotencyKey', message: key.fault }] : []),
  ]);
}

async function readJson(c: RequestContext, limitBytes: number): Promise<unknown> {
  const bytes = await readBytes(c, limitBytes);
  if (bytes.length === 0) return {};
  requireJsonType(c.req);
  return parseJson(bytes);
}

/** @throws PassbookError `unsupported_media_type`, naming the header and its value */
function requireJsonType(request: HonoRequest<string>): void {
  const type = request.header('content-type');
  if (type === undefined || !/^application\/json *(;|$)/i.test(type)) {
    throw unsupported('Content-Type', type === undefined ? 'is missing' : `is ${quoted(type)}`);
  }
  const encoding = request.header('content-encoding');
  if (encoding !== undefined && !/^(identity)?$/i.test(encoding)) {
    throw unsupported('Content-Encoding', `must be left out, and is ${quoted(encoding)}`);
  }
}

function unsupported(field: string, message: string): PassbookError {
  return new PassbookError('unsupported_media_type', { errors: [{ field, message }] });
}

function quoted(text: string): string {
  return JSON.stringify(shown(text));
}

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

/**
 * Reads the key from the body or the header. If both have one, they must be equal.
 * @throws PassbookError `invalid_request`
 */
export function readKey(request: HonoRequest<string>, inBody: string | undefined): string | undefined {
  if (inBody === undefined && request.header('idempotency-key') === undefined) return undefined;
  const { key, fault } = checkKey(request, inBody);
  if (fault !== undefined) throw invalid('idempotencyKey', fault);
  return key;
}

type CheckedKey =
  | { readonly key: string; readonly fault?: never }
  | { readonly key?: never; readonly fault: string };

/** Checks a key in the header. The ledger checks one in the body, with the other fields. */
function checkKey(request: HonoRequest<string>, inBody: unknown): CheckedKey {
  const header = request.header('idempotency-key');
  if (header === undefined) {
    if (inBody === undefined) {
      return { fault: 'is required, in the body or in the Idempotency-Key header' };
    }
    return { key: inBody as string };
  }
  const inHeader = unquoted(header);
  if (!isIdempotencyKey(inHeader)) {
    return {
      fault: 'must be 1 to 255 printable ASCII characters in the Idempotency-Key header, quoted or bare',
    };
  }
  if (inBody !== undefined && inBody !== inHeader) {
    return { fault: 'must be the same in the body and in the Idempotency-Key header' };
  }
  return { key: inHeader };
}

/** Accepts an RFC 8941 string (section 3.3.3; draft-ietf-httpapi-idempotency-key-header-07) or the bare key. */
function unquoted(header: string): string | undefined {
  if (!header.startsWith('"')) return header;
  return /^"((?:[^"\\]|\\["\\])*)"$/.exec(header)?.[1]?.replaceAll(/\\(["\\])/g, '$1');
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parseJson(bytes: Uint8Array): unknown {
  try {
    const text = utf8.decode(bytes);
    const fault = structureFault(text, STRUCTURE);
    if (fault) throw invalidFields([fault]);
    const json: unknown = JSON.parse(text);
    if (typeof json === 'string' && /^\s*[{[]/.test(json)) {
      throw invalid('body', 'must be an object, and is a text with JSON in it: encode it once');
    }
    return json;
  } catch (error) {
    if (error instanceof PassbookError) throw error;
    throw new PassbookError('malformed_json', {}, { cause: error });
  }
}

/** Limits that valibot does not check, or checks only after it has built everything. */
const STRUCTURE: JsonLimits = {
  depth: 8,
  lists: new Map([
    ['transfers', BATCH],
    ['legs', LEGS],
  ]),
  objects: new Map([
    ['metadata', { max: METADATA_MAX_PAIRS, rule: `must have at most ${METADATA_MAX_PAIRS} pairs` }],
  ]),
  object: { max: 32, rule: 'must have at most 32 fields' },
};

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNoneOf(fields: Readonly<Record<string, unknown>>, names: readonly string[]): boolean {
  return names.every((name) => fields[name] === undefined);
}

function oneOfFault([field, other]: readonly [string, string]): FieldError {
  return { field, message: `or "${other}" must be given, and not both` };
}

function check<S extends Schema>(schema: S, value: unknown): WithoutUndefined<v.InferOutput<S>> {
  const checked = v.safeParse(schema, value, { abortPipeEarly: true });
  if (checked.success) return checked.output as WithoutUndefined<v.InferOutput<S>>;

  throw invalidFields(errorsOf(checked.issues));
}

function errorsOf(issues: readonly v.BaseIssue<unknown>[]): readonly FieldError[] {
  return issues.slice(0, FIELD_ERRORS_MAX).map((issue) => ({
    field: issue.path?.map(({ key }) => shown(String(key))).join('.') ?? 'body',
    message: messageOf(issue),
  }));
}

function invalidFields(errors: readonly FieldError[]): PassbookError {
  return new PassbookError('invalid_request', { errors: errors.slice(0, FIELD_ERRORS_MAX) });
}

/** Replaces valibot's own messages, which begin with "Invalid": they would repeat the input, passwords included. */
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

/** JSON has no undefined: an optional field is present or absent. */
type WithoutUndefined<T> = { [K in keyof T]: Exclude<T[K], undefined> };
