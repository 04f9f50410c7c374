import { createHmac } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import type { JWTHeaderParameters } from 'jose';
import type { Clock } from '../../application/ports/runtime.ts';
import type { TokenClaims, TokenIssuer } from '../../application/ports/user-store.ts';

export type TokenIssuerOptions = {
  /** Random texts of at least 32 bytes. The first signs tokens, and all of them verify tokens. */
  readonly secrets: readonly [string, ...string[]];
  readonly issuer: string;
  readonly audience: string;
  readonly clock: Clock;
};

/** An HS256 key is at least as long as its hash (RFC 7518, section 3.2). */
const SECRET_MIN_BYTES = 32;
const ALGORITHM = 'HS256';
/** Explicit type: other tokens signed with the secret cannot pass as session tokens (RFC 8725, section 3.11). */
const TYPE = 'session+jwt';

/** Limit of cached tokens. They take about 5 MB: one of ours has fewer than 500 characters. */
const VERIFIED_MOST = 10_000;
const TOKEN_MAX_LENGTH = 1_000;
/**
 * The only accepted spelling of a token: base64url without padding (RFC 7515, section 2). The 256 bits of the
 * signature leave two bits of its last character unused. Ours are zero.
 */
const CANONICAL = /^[\w-]+\.[\w-]+\.[\w-]{42}[AEIMQUYcgkosw048]$/;

/**
 * Creates an issuer of session tokens as JWTs. A token's expiry is rounded down to a second.
 * @throws TypeError for a secret that is too short
 */
export function createTokenIssuer({ secrets, issuer, audience, clock }: TokenIssuerOptions): TokenIssuer {
  const keys = new Map(secrets.map((secret) => [keyIdOf(secret), keyOf(secret)]));
  const [current] = secrets;
  const [kid, key] = [keyIdOf(current), keyOf(current)];
  // A valid signature stays valid, and checking it again is most of a request's cost
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
        .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid })
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

  /** Our tokens have no other header, such as one that brings a key (jku, jwk). */
  function keyFor(header: JWTHeaderParameters): Uint8Array {
    const known = Object.keys(header).length === 3 ? keys.get(header.kid ?? '') : undefined;
    if (!known) throw new errors.JWSInvalid('The token names no key of ours');
    return known;
  }

  async function verify(
    token: string,
    { at = new Date(clock.now()) }: { at?: Date } = {},
  ): Promise<TokenClaims | undefined> {
    if (token.length > TOKEN_MAX_LENGTH || !CANONICAL.test(token)) return undefined;
    try {
      const { payload } = await jwtVerify(token, keyFor, {
        algorithms: [ALGORITHM],
        typ: TYPE,
        issuer,
        audience,
        currentDate: at,
      });
      return claimsOf(payload);
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }
}

function keyOf(secret: string): Uint8Array {
  const key = new TextEncoder().encode(secret);
  if (key.length < SECRET_MIN_BYTES) {
    throw new TypeError(`A secret must have at least ${SECRET_MIN_BYTES} bytes`);
  }
  return key;
}

/** The id of a secret's key. It reveals no more of the secret than a signature does, unlike a plain digest. */
function keyIdOf(secret: string): string {
  return createHmac('sha256', secret).update('passbook key id').digest('base64url').slice(0, 11);
}

/** Checks the claims that jose does not. It requires `iss` and `aud`, because they are passed to it. */
function claimsOf({ sub, sid, exp }: Readonly<Record<string, unknown>>): TokenClaims | undefined {
  if (typeof sub !== 'string' || typeof sid !== 'string' || typeof exp !== 'number') return undefined;
  return { userId: sub, sessionId: sid, expiresAt: exp * 1_000 };
}

/** Copies the token: a substring would keep the client's whole header in memory. */
function copyOf(token: string): string {
  return Buffer.from(token, 'latin1').toString('latin1');
}
