import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { invalid } from '../../../domain/errors.ts';
import type { Instant } from '../../../domain/time.ts';

/** Transport of a session's token: in a cookie that scripts cannot read, or as a Bearer token. */
export type SessionToken = {
  /** Returns the request's token. The header wins over the cookie. */
  read(c: Context): string | undefined;
  give(c: Context, given: { token: string; expiresAt: Instant }): void;
  takeBack(c: Context): void;
};

/** On https the name's prefix binds the cookie to this host (RFC 6265bis, section 4.1.3.2). Http cannot set it. */
export function sessionToken({ isHttps }: { isHttps: boolean }): SessionToken {
  const name = isHttps ? '__Host-session' : 'session';
  const attributes = { httpOnly: true, secure: isHttps, sameSite: 'Lax', path: '/' } as const;
  return {
    read: (c) => bearerOf(c) ?? cookieOf(c, name),
    give: (c, { token, expiresAt }) =>
      setCookie(c, name, token, { ...attributes, expires: new Date(expiresAt) }),
    takeBack: (c) => deleteCookie(c, name, attributes),
  };
}

/**
 * The cookie of this name. If there are two, someone planted one for another path or domain, and the right session
 * is unknown.
 * @throws PassbookError `invalid_request`
 */
function cookieOf(c: Context, name: string): string | undefined {
  const cookies = c.req.header('cookie') ?? '';
  if (cookies.indexOf(`${name}=`) !== cookies.lastIndexOf(`${name}=`)) {
    const given = cookies.split(';').filter((pair) => pair.trimStart().startsWith(`${name}=`));
    if (given.length > 1) throw invalid('Cookie', `must have one "${name}": delete this site's cookies`);
  }
  return getCookie(c, name);
}

/** The Bearer token of a request (RFC 6750, section 2.1). Other schemes are ignored: they are for a proxy. */
export function bearerOf(c: Context): string | undefined {
  const [scheme = '', token = ''] = (c.req.header('authorization') ?? '').split(/ +/);
  return scheme.toLowerCase() === 'bearer' ? token : undefined;
}
