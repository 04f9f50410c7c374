import { errors, jwtVerify, SignJWT } from 'jose';
import type { Clock, TokenClaims, TokenIssuer } from '../../application/ports.ts';

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

/** Some 5 MB of tokens. */
const VERIFIED_MOST = 10_000;

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
      if (claims) verified.set(token, claims);
      return claims;
    },
  };

  async function verify(token: string): Promise<TokenClaims | undefined> {
    try {
      const { payload, protectedHeader } = await jwtVerify(token, key, {
        algorithms: [ALGORITHM],
        typ: TYPE,
        issuer,
        audience,
        currentDate: new Date(clock.now()),
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
