import type * as v from 'valibot';
import { shown } from './json-structure.ts';
import { similarName } from './similar-name.ts';

type Issue = v.BaseIssue<unknown>;

/** End of each rule about an amount, by which its advice is found. */
export const MINOR_UNIT = "in the currency's minor unit";

/** Fields whose value no message repeats. */
const SECRET: ReadonlySet<unknown> = new Set(['password']);

/**
 * Says what a field must be, what was sent and how to mend it. Replaces valibot's own messages, which begin with
 * "Invalid" and repeat the input, passwords included.
 * @param schema the one that has the field among its entries
 */
export function messageOf(issue: Issue, schema: v.GenericSchema): string {
  const isOfStrictObject = issue.type === 'strict_object' && issue.kind === 'schema';
  if (isOfStrictObject && issue.expected === 'never') return unknownField(issue, schema);
  if (isOfStrictObject && issue.expected !== 'Object') return 'is required';
  // A check of ours, whose message is whole
  if (issue.type === 'raw_transform') return issue.message;

  const isOurs = !issue.message.startsWith('Invalid ');
  const rule = isOurs ? issue.message : (EXPECTED[issue.expected ?? ''] ?? 'must be valid');
  // A whole body may hold a password too
  const isSecret = issue.path === undefined || SECRET.has(issue.path.at(-1)?.key);
  return isSecret
    ? `${rule}, and is ${typeNameOf(issue.input)}`
    : `${rule}, and ${sent(issue)}${advice(issue, rule)}`;
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'must be a text',
  Object: 'must be an object',
  Array: 'must be a list',
  boolean: 'must be true or false',
};

function unknownField({ path }: Issue, schema: v.GenericSchema): string {
  const place = path?.at(-1);
  const known = namesOf(schema, place?.input);
  const similar = similarName(shown(String(place?.key)), known);
  if (similar !== undefined) return `is not a known field: did you mean "${similar}"?`;
  if (known.length === 0) return 'is not a known field: there is none here';
  return `is not a known field: the fields are ${known.map((name) => `"${name}"`).join(', ')}`;
}

function namesOf(schema: v.GenericSchema, input: unknown): readonly string[] {
  if ('getter' in schema) {
    const { getter } = schema as v.LazySchema<v.GenericSchema>;
    return namesOf(getter(input), input);
  }
  return 'entries' in schema ? Object.keys(schema.entries as object) : [];
}

function sent({ kind, type, input }: Issue): string {
  if (kind === 'validation' && Array.isArray(input)) return `has ${input.length}`;
  if (typeof input === 'string') return `is ${OF_OTHER_TYPE.has(type) ? 'the text ' : ''}${quoted(input)}`;
  return `is ${typeof input === 'number' || typeof input === 'boolean' ? String(input) : typeNameOf(input)}`;
}

/** Schemas that take no text. */
const OF_OTHER_TYPE: ReadonlySet<string> = new Set([
  'number',
  'boolean',
  'array',
  'record',
  'object',
  'strict_object',
]);

function typeNameOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'string' ? 'a text' : `a ${typeof value}`;
}

function advice({ type, input }: Issue, rule: string): string {
  const text = typeof input === 'string' ? input : String(input);
  if (rule.endsWith(MINOR_UNIT) && /^\d{1,12}\.\d{1,2}$/.test(text)) {
    const minor = Math.round(Number(text) * 100);
    return `: in a currency with two decimals, ${text} is ${minor}`;
  }
  const isQuoted = typeof input === 'string';
  if (isQuoted && type === 'number' && /^-?\d{1,16}$/.test(text)) return ': leave out the quotes';
  if (isQuoted && type === 'boolean' && /^(true|false)$/.test(text)) return ': leave out the quotes';
  if (type === 'string' && ['number', 'boolean'].includes(typeof input)) return ': put it in quotes';
  return '';
}

/** The text in quotes, cut if it is long: a response must not be larger than its request. */
export function quoted(text: string): string {
  return JSON.stringify(shown(text));
}
