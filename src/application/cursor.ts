import { isIdentifier } from '../domain/actor.ts';
import type { Digest } from '../domain/integrity/hash-chain.ts';
import { invalid } from '../domain/errors.ts';
import type { PassbookError } from '../domain/errors.ts';

const VERSION = '2';
/** 64 bits are enough: the mark catches mistakes and is no security measure. */
const MARK_LENGTH = 16;

/**
 * Cursors of one list. Each contains a digest of the list's name, owner and filter, so that other lists reject it.
 * Otherwise their pages would have gaps.
 */
export class Cursors {
  readonly #digest: Digest;
  readonly #list: readonly unknown[];

  /** @param list name, owner and filter of the list, as JSON values */
  constructor(digest: Digest, list: readonly unknown[]) {
    this.#digest = digest;
    this.#list = list;
  }

  /** Encodes a cursor, opaque to callers so that its format may change: base64url of version, digest and last id. */
  encode(id: string): string {
    const text = btoa(`${VERSION} ${this.#mark()} ${id}`);
    return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  }

  /** @throws PassbookError `invalid_request` for a malformed cursor, and for one of another list or filter */
  decode(cursor: string): string {
    return this.#decode(cursor, isIdentifier);
  }

  /** Decodes a position that only the store can read, and that may be longer than an id. @throws PassbookError as `decode` */
  decodePosition(cursor: string): string {
    return this.#decode(cursor, isPosition);
  }

  #decode(cursor: string, isValid: (id: string) => boolean): string {
    const [version, mark, id, more] = textOf(cursor).split(' ');
    if (version !== VERSION || id === undefined || !isValid(id) || more !== undefined) throw invalidCursor();
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

/** Returns whether a text is visible ASCII. */
function isPosition(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

function textOf(cursor: string): string {
  try {
    return atob(cursor.replaceAll('-', '+').replaceAll('_', '/'));
  } catch {
    return '';
  }
}
