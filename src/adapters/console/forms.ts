import type { Context } from 'hono';
import { PassbookError } from '../../domain/errors.ts';
import type { ConsolePorts, PageContext } from './ports.ts';

/** Name of the field with the token that proves that a form is the bank's own. */
export const TOKEN_FIELD = 'formToken';

/** Fields of a form or a query, as text without surrounding spaces. */
export class Fields {
  readonly #params: URLSearchParams;

  constructor(params: URLSearchParams) {
    this.#params = params;
  }

  /** Returns the first value of a field; an empty text if there is none. */
  text(name: string): string {
    return (this.#params.get(name) ?? '').trim();
  }

  /** Returns a field unchanged, for passwords. */
  exact(name: string): string {
    return this.#params.get(name) ?? '';
  }

  has(name: string): boolean {
    return this.#params.has(name);
  }
}

export function queryOf(c: Context): Fields {
  return new Fields(new URL(c.req.url).searchParams);
}

/**
 * Reads a form of a signed-in person.
 * @throws PassbookError `cross_site_request` unless the form carries the token of the session
 */
export async function readForm(
  c: PageContext,
  { edge, formTokens }: Pick<ConsolePorts, 'edge' | 'formTokens'>,
): Promise<Fields> {
  const params = await edge.readForm(c);
  if (!formTokens.isTokenOf(c.get('session').id, params.get(TOKEN_FIELD) ?? '')) {
    throw new PassbookError('cross_site_request');
  }
  return new Fields(params);
}

/** Reads a form of a person who is not signed in. The edge refuses forms that other sites send. */
export async function readOpenForm(c: Context, { edge }: Pick<ConsolePorts, 'edge'>): Promise<Fields> {
  return new Fields(await edge.readForm(c));
}

/** Path within the bank to go on to; a path of another site becomes the start page. */
export function localPath(text: string): string {
  return /^\/(?![/\\])[\x21-\x7e]*$/.test(text) && !text.startsWith('/sign-') ? text : '/';
}
