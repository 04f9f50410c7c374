import type { HonoRequest } from 'hono';
import { isIdempotencyKey } from '../../../domain/books/idempotency.ts';
import { invalid } from '../../../domain/errors.ts';

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

const KEY_REQUIRED =
  'is required, in the body or in the Idempotency-Key header: make a new one, such as a UUID, for each new request';

/** Checks a key in the header. The ledger checks one in the body, with the other fields. */
export function checkKey(request: HonoRequest<string>, inBody: unknown): CheckedKey {
  const header = request.header('idempotency-key');
  if (header === undefined) {
    if (inBody === undefined) {
      return { fault: KEY_REQUIRED };
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
