import * as v from 'valibot';
import { PassbookError } from '../../../domain/errors.ts';
import type { FieldError } from '../../../domain/errors.ts';
import { messageOf } from './fault-message.ts';
import { shown } from './json-structure.ts';

/** Maximum of faults in one response, which must not be larger than its request. */
export const FIELD_ERRORS_MAX = 20;

export type Schema = v.GenericSchema<unknown, object>;

export function check<S extends Schema>(schema: S, value: unknown): WithoutUndefined<v.InferOutput<S>> {
  const checked = v.safeParse(schema, value, { abortPipeEarly: true });
  if (checked.success) return checked.output as WithoutUndefined<v.InferOutput<S>>;

  throw invalidFields(errorsOf(checked.issues, schema));
}

export function errorsOf(issues: readonly v.BaseIssue<unknown>[], schema: Schema): readonly FieldError[] {
  return issues.slice(0, FIELD_ERRORS_MAX).map((issue) => ({
    field: issue.path?.map(({ key }) => shown(String(key))).join('.') ?? 'body',
    message: messageOf(issue, schema),
  }));
}

export function invalidFields(errors: readonly FieldError[]): PassbookError {
  return new PassbookError('invalid_request', { errors: errors.slice(0, FIELD_ERRORS_MAX) });
}

/** JSON has no undefined: an optional field is present or absent. */
export type WithoutUndefined<T> = { [K in keyof T]: Exclude<T[K], undefined> };
