import type { HonoRequest } from 'hono';
import * as v from 'valibot';
import { METADATA_MAX_PAIRS } from '../../../application/validation.ts';
import { PassbookError, invalid } from '../../../domain/errors.ts';
import type { FieldError } from '../../../domain/errors.ts';
import { readBytes } from './body-bytes.ts';
import type { RequestContext } from './body-bytes.ts';
import { quoted } from './fault-message.ts';
import { structureFault } from './json-structure.ts';
import type { JsonLimits } from './json-structure.ts';
import { BATCH, KEY_ACCOUNTS, KEY_SCOPES, LEGS, PAYMENTS, TRANSPORTS } from './schemas.ts';
import { check, errorsOf, invalidFields } from './check-schema.ts';
import { checkKey } from './read-key.ts';
import type { Schema, WithoutUndefined } from './check-schema.ts';

const BODY_LIMIT_BYTES = 64 * 1024;

/**
 * Reads the JSON body. An absent body counts as an empty object.
 * @throws PassbookError `body_too_large`, `unsupported_media_type`, `malformed_json`, `invalid_request`
 */
export async function readBody<S extends Schema>(
  c: RequestContext,
  schema: S,
  { limitBytes = BODY_LIMIT_BYTES }: { limitBytes?: number } = {},
): Promise<WithoutUndefined<v.InferOutput<S>>> {
  return check(schema, await readJson(c, limitBytes));
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
    ...errorsOf(checked.issues ?? [], schema),
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

const JSON_EXAMPLE = `Send JSON, as in curl -H 'Content-Type: application/json' -d '{"name":"value"}'`;

/** @throws PassbookError `unsupported_media_type`, naming the header and its value */
function requireJsonType(request: HonoRequest<string>): void {
  const type = request.header('content-type');
  if (type === undefined || !/^application\/json *(;|$)/i.test(type)) {
    const given = type === undefined ? 'is missing' : `is ${quoted(type)}`;
    throw unsupported('Content-Type', `${given}. ${JSON_EXAMPLE}`);
  }
  const encoding = request.header('content-encoding');
  if (encoding !== undefined && !/^(identity)?$/i.test(encoding)) {
    throw unsupported('Content-Encoding', `must be left out, and is ${quoted(encoding)}`);
  }
}

function unsupported(field: string, message: string): PassbookError {
  return new PassbookError('unsupported_media_type', { errors: [{ field, message }] });
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parseJson(bytes: Uint8Array): unknown {
  const text = textOf(bytes);
  const fault = structureFault(text, STRUCTURE);
  if (fault) throw invalidFields([fault]);
  const json = jsonOf(text);
  if (typeof json === 'string' && /^\s*[{[]/.test(json)) {
    throw invalid('body', 'must be an object, and is a text with JSON in it: encode it once');
  }
  return json;
}

function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new PassbookError('malformed_json', { subject: 'it is not in UTF-8' }, { cause });
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PassbookError('malformed_json', placeOf(cause, text), { cause });
  }
}

/** The place of the fault, if the engine's message names it. The message itself would repeat a part of the body. */
function placeOf(fault: unknown, text: string): { subject?: string } {
  const message = fault instanceof Error ? fault.message : '';
  const position = Number(/at position (\d+)/.exec(message)?.[1] ?? NaN);
  if (message.startsWith('Unexpected end') || position >= text.length)
    return { subject: 'it ends too early' };
  if (Number.isNaN(position)) return {};

  const isComma = /,\s*$/.test(text.slice(Math.max(0, position - COMMA_REACH), position));
  const advice =
    text[position] === "'" ? QUOTES : isComma && /[}\]]/.test(text[position] ?? '') ? COMMA_LAST : '';
  return { subject: `the fault is at character ${position + 1}${advice}` };
}

const COMMA_REACH = 100;
const QUOTES = ', a single quote: names and texts stand in double quotes';
const COMMA_LAST = ', after a comma: the last field or item has none after it';

/** Limits that valibot does not check, or checks only after it has built everything. */
const STRUCTURE: JsonLimits = {
  depth: 8,
  lists: new Map([
    ['transfers', BATCH],
    ['legs', LEGS],
    ['payments', PAYMENTS],
    ['transports', TRANSPORTS],
    ['scopes', KEY_SCOPES],
    ['accounts', KEY_ACCOUNTS],
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
