import { errors, jwtVerify, SignJWT } from 'jose';
import type { Clock } from '../../application/ports/runtime.ts';
import type { TokenClaims, TokenIssuer } from '../../application/ports/user-store.ts';

export type TokenIssuerOptions = {
  /** Text of at least 32 bytes, that nobody can guess. */
  readonly secret: string;
  readonly issuer: string;
  readonly audience: string;
  readonly clock: Clock;
};

/** RFC 7518, section 3.2: a key of HS256 is at least as long as its hash. */
const SECRET_MIN_BYTES = 32;
const ALGORITHM = 'HS256';
/** Tells a session's token from whatever else may come to be signed with the secret (RFC 8725, section 3.11). */
const TYPE = 'session+jwt';

/** Some 5 MB: a token of ours has fewer than 500 characters. */
const VERIFIED_MOST = 10_000;
const TOKEN_MAX_LENGTH = 1_000;
/**
 * The one spelling of a token: base64url without padding (RFC 7515, section 2). The signature's 256 bits leave two of
 * the last character unused; ours has zeros there.
 */
const CANONICAL = /^[\w-]+\.[\w-]+\.[\w-]{42}[AEIMQUYcgkosw048]$/;

/**
 * Session tokens as JWTs. A token lasts until the whole second before its session ends.
 * @throws TypeError for a secret that is too short
 */
export function createTokenIssuer({ secret, issuer, audience, clock }: TokenIssuerOptions): TokenIssuer {
  const key = new TextEncoder().encode(secret);
  if (key.length < SECRET_MIN_BYTES) {
    throw new TypeError(`"secret" must have at least ${SECRET_MIN_BYTES} bytes`);
  }
  // A signature that was right stays right, and looking at it again is most of what a request costs.
  const verified = new Map<string, TokenClaims>();
  return {
    issue: ({ sessionId, userId, expiresAt }) =>
      new SignJWT({
        iss: issuer,
        aud: audience,
        sub: userId,
        sid: sessionId,
        iat: Math.floor(clock.now() / 1_000),
        exp: Math.floor(expiresAt / 1_000),
      })
        .setProtectedHeader({ alg: ALGORITHM, typ: TYPE })
        .sign(key),

    verify: async (token) => {
      const known = verified.get(token);
      if (known) return clock.now() < known.expiresAt ? known : undefined;

      const claims = await verify(token);
      if (verified.size >= VERIFIED_MOST) verified.clear();
      if (claims) verified.set(copyOf(token), claims);
      return claims;
    },

    hasExpired: async (token) => {
      const claims = await verify(token, { at: new Date(0) });
      return claims !== undefined && claims.expiresAt <= clock.now();
    },
  };

  async function verify(
    token: string,
    { at = new Date(clock.now()) }: { at?: Date } = {},
  ): Promise<TokenClaims | undefined> {
    if (token.length > TOKEN_MAX_LENGTH || !CANONICAL.test(token)) return undefined;
    try {
      const { payload, protectedHeader } = await jwtVerify(token, key, {
        algorithms: [ALGORITHM],
        typ: TYPE,
        issuer,
        audience,
        currentDate: at,
      });
      // Nothing of ours names a key (kid, jku, jwk) or asks for more
      return Object.keys(protectedHeader).length === 2 ? claimsOf(payload) : undefined;
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }
}

/** jose asks for `iss` and `aud` because it is told them; the rest is asked for here. */
function claimsOf({ sub, sid, exp }: Readonly<Record<string, unknown>>): TokenClaims | undefined {
  if (typeof sub !== 'string' || typeof sid !== 'string' || typeof exp !== 'number') return undefined;
  return { userId: sub, sessionId: sid, expiresAt: exp * 1_000 };
}

/** Part of a text keeps all of it in memory, here the whole header that a client sent. */
function copyOf(token: string): string {
  return Buffer.from(token, 'latin1').toString('latin1');
}
