import { errors, jwtVerify, SignJWT } from 'jose';
import type { Clock } from '../../application/ports/runtime.ts';
import type { Confirmation, ConfirmationTokens } from '../../application/ports/second-factors.ts';

const ALGORITHM = 'HS256';
/** Explicit type: no other token that is signed with the secret passes as a confirmation (RFC 8725, section 3.11). */
const TYPE = 'confirmation+jwt';
const ISSUER = 'passbook';
const TOKEN_MAX_LENGTH = 1_000;

/**
 * Creates signed confirmations of orders. Their expiry is rounded down to a second.
 * @param secrets the first signs, and all of them verify
 */
export function createConfirmationTokens({
  secrets,
  clock,
}: {
  secrets: readonly [string, ...string[]];
  clock: Clock;
}): ConfirmationTokens {
  const keys = secrets.map((secret) => new TextEncoder().encode(secret));
  const [newest = new Uint8Array()] = keys;
  return {
    issue: ({ userId, orderDigest, expiresAt }) =>
      new SignJWT({ order: orderDigest })
        .setProtectedHeader({ alg: ALGORITHM, typ: TYPE })
        .setIssuer(ISSUER)
        .setAudience(ISSUER)
        .setSubject(userId)
        .setExpirationTime(Math.floor(expiresAt / 1_000))
        .sign(newest),
    verify: async (token) => {
      if (token.length > TOKEN_MAX_LENGTH) return undefined;
      for (const key of keys) {
        const confirmation = await verify(token, { key, at: new Date(clock.now()) });
        if (confirmation) return confirmation;
      }
      return undefined;
    },
  };
}

async function verify(
  token: string,
  { key, at }: { key: Uint8Array; at: Date },
): Promise<Confirmation | undefined> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [ALGORITHM],
      typ: TYPE,
      issuer: ISSUER,
      audience: ISSUER,
      currentDate: at,
    });
    const { sub: userId, exp, order: orderDigest } = payload;
    if (userId === undefined || exp === undefined || typeof orderDigest !== 'string') return undefined;
    return { userId, orderDigest, expiresAt: exp * 1_000 };
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}
