import type { HonoRequest } from 'hono';
import * as v from 'valibot';
import { METADATA_MAX_PAIRS } from '../../../application/validation.ts';
import { PassbookError, invalid } from '../../../domain/errors.ts';
import type { FieldError } from '../../../domain/errors.ts';
import { readBytes } from './body-bytes.ts';
import type { RequestContext } from './body-bytes.ts';
import { shown, structureFault } from './json-structure.ts';
import type { JsonLimits } from './json-structure.ts';
import { BATCH, LEGS } from './schemas.ts';
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
