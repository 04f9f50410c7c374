import { isIdentifier } from '../domain/actor.ts';
import type { Digest } from '../domain/integrity/hash-chain.ts';
import { invalid } from '../domain/errors.ts';
import type { PassbookError } from '../domain/errors.ts';

const VERSION = '2';
/** 64 bits: a cursor that strays into another list is a mistake, and proves nothing. */
const MARK_LENGTH = 16;

/**
 * The cursors of one list. Each carries a digest of the list's name, owner and filter, so that no other list takes it:
 * its pages would have gaps.
 */
export class Cursors {
  readonly #digest: Digest;
  readonly #list: readonly unknown[];

  /** @param list what the pages have in common; JSON must hold it */
  constructor(digest: Digest, list: readonly unknown[]) {
    this.#digest = digest;
    this.#list = list;
  }

  /** Opaque to callers, so that what a cursor holds may change: base64url of a version, the digest and the last id. */
  encode(id: string): string {
    const text = btoa(`${VERSION} ${this.#mark()} ${id}`);
    return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  }

  /** @throws PassbookError `invalid_request` for what is no cursor, and for one of another list or filter */
  decode(cursor: string): string {
    const [version, mark, id, more] = textOf(cursor).split(' ');
    if (version !== VERSION || !isIdentifier(id) || more !== undefined) throw invalidCursor();
    if (mark !== this.#mark()) {
      throw invalid('cursor', 'is of another list or filter: leave it out to begin a list');
    }
    return id;
  }

  #mark(): string {
    return this.#digest(`passbook cursor ${VERSION}\n${JSON.stringify(this.#list)}`).slice(0, MARK_LENGTH);
  }
}

export function invalidCursor(): PassbookError {
  return invalid('cursor', 'must be the nextCursor of a page before');
}

function textOf(cursor: string): string {
  try {
    return atob(cursor.replaceAll('-', '+').replaceAll('_', '/'));
  } catch {
    return '';
  }
}
