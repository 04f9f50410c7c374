import type { Actor } from '../../../domain/actor.ts';
import { PassbookError } from '../../../domain/errors.ts';
import type { Refused } from '../../../application/views.ts';
import type { PageContext } from '../ports.ts';

/** The reader as an actor for themselves, in any role. */
export function selfOf(c: PageContext): Extract<Actor, { kind: 'user' }> {
  const { id, name } = c.get('caller');
  return { kind: 'user', id, name };
}

/** Returns a result that is no refusal. @throws PassbookError with the code of a refusal */
export function requireDone<T extends { readonly ok: true }>(result: T | Refused): T {
  if (result.ok) return result;
  throw new PassbookError(result.code);
}

/** A key with which a form takes effect once at most. */
export function newFormKey(): string {
  return crypto.randomUUID();
}
