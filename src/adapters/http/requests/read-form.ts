import { PassbookError } from '../../../domain/errors.ts';
import { readBytes } from './body-bytes.ts';
import type { RequestContext } from './body-bytes.ts';

const FORM_LIMIT_BYTES = 8 * 1024;

/** Reads the fields of a page's form. @throws PassbookError `body_too_large`, `unsupported_media_type` */
export async function readFormBody(c: RequestContext): Promise<URLSearchParams> {
  const bytes = await readBytes(c, FORM_LIMIT_BYTES);
  if (!/^application\/x-www-form-urlencoded *(;|$)/i.test(c.req.header('content-type') ?? '')) {
    const reason = 'The form must be application/x-www-form-urlencoded';
    throw new PassbookError('unsupported_media_type', { reason });
  }
  return new URLSearchParams(new TextDecoder().decode(bytes));
}
