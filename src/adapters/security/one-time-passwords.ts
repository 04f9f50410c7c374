import { Secret, TOTP } from 'otpauth';
import type { OneTimePasswords } from '../../application/ports/second-factors.ts';

/** The only terms that every authenticator app knows. */
const TERMS = { algorithm: 'SHA1', digits: 6, period: 30 } as const;
/** The length of the hash, which RFC 4226, section 4, recommends. */
const SECRET_BYTES = 20;
const STEPS_AROUND = 1;
const CODE = /^\d{6}$/;

/** @param issuer name of the bank, as an authenticator app shows it */
export function createOneTimePasswords({ issuer }: { issuer: string }): OneTimePasswords {
  const totpOf = (secret: string, label: string) =>
    new TOTP({ ...TERMS, issuer, label, secret: Secret.fromBase32(secret) });
  return {
    newSecret: () => new Secret({ size: SECRET_BYTES }).base32,
    uriOf: (secret, email) => totpOf(secret, email).toString(),
    stepOf: ({ secret, code, at }) => {
      if (!CODE.test(code)) return undefined;
      const totp = totpOf(secret, '');
      const away = totp.validate({ token: code, timestamp: at, window: STEPS_AROUND });
      return away === null ? undefined : totp.counter({ timestamp: at }) + away;
    },
  };
}
