import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { invalid } from '../../../domain/errors.ts';
import type { Instant } from '../../../domain/time.ts';

/** Tokens of a session, as a response gives them. */
export type GivenTokens = {
  readonly token: string;
  readonly expiresAt: Instant;
  /** Undefined: the client keeps the one that it has. */
  readonly refreshToken?: string;
  readonly sessionExpiresAt: Instant;
};

/**
 * Transport of a session's tokens. The access token comes in a cookie that scripts cannot read, or as a Bearer token.
 * The refresh token comes in a cookie only.
 */
export type SessionToken = {
  /** Returns the request's access token. The header wins over the cookie. */
  read(c: Context): string | undefined;
  readRefresh(c: Context): string | undefined;
  give(c: Context, given: GivenTokens): void;
  takeBack(c: Context): void;
};

/** On https the name's prefix binds the cookie to this host (RFC 6265bis, section 4.1.3.2). Http cannot set it. */
export function sessionToken({ isHttps }: { isHttps: boolean }): SessionToken {
  const prefix = isHttps ? '__Host-' : '';
  const [access, refresh] = [`${prefix}session`, `${prefix}refresh`];
  const attributes = { httpOnly: true, secure: isHttps, sameSite: 'Lax', path: '/' } as const;
  return {
    read: (c) => bearerOf(c) ?? cookieOf(c, access),
    readRefresh: (c) => cookieOf(c, refresh),
    give: (c, { token, expiresAt, refreshToken, sessionExpiresAt }) => {
      setCookie(c, access, token, { ...attributes, expires: new Date(expiresAt) });
      if (refreshToken !== undefined)
        setCookie(c, refresh, refreshToken, { ...attributes, expires: new Date(sessionExpiresAt) });
    },
    takeBack: (c) => {
      for (const name of [access, refresh]) deleteCookie(c, name, attributes);
    },
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
