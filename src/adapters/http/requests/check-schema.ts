import * as v from 'valibot';
import { PassbookError } from '../../../domain/errors.ts';
import type { FieldError } from '../../../domain/errors.ts';
import { shown } from './json-structure.ts';

/** Maximum of faults in one response, which must not be larger than its request. */
export const FIELD_ERRORS_MAX = 20;

export type Schema = v.GenericSchema<unknown, object>;

export function check<S extends Schema>(schema: S, value: unknown): WithoutUndefined<v.InferOutput<S>> {
  const checked = v.safeParse(schema, value, { abortPipeEarly: true });
  if (checked.success) return checked.output as WithoutUndefined<v.InferOutput<S>>;

  throw invalidFields(errorsOf(checked.issues));
}

export function errorsOf(issues: readonly v.BaseIssue<unknown>[]): readonly FieldError[] {
  return issues.slice(0, FIELD_ERRORS_MAX).map((issue) => ({
    field: issue.path?.map(({ key }) => shown(String(key))).join('.') ?? 'body',
    message: messageOf(issue),
  }));
}

export function invalidFields(errors: readonly FieldError[]): PassbookError {
  return new PassbookError('invalid_request', { errors: errors.slice(0, FIELD_ERRORS_MAX) });
}

/** Replaces valibot's own messages, which begin with "Invalid": they would repeat the input, passwords included. */
export function messageOf(issue: v.BaseIssue<unknown>): string {
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
export type WithoutUndefined<T> = { [K in keyof T]: Exclude<T[K], undefined> };
