import type { Confirmation, FactorTools } from '../../src/application/ports/second-factors.ts';

const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
/** Id of the only passkey, which is "example-passkey" in Base64. */
export const SAMPLE_PASSKEY = 'ZXhhbXBsZS1wYXNza2V5';

/** Second factors without randomness. Any code of six digits is right once a step, and any passkey's answer is. */
export function sampleFactors(): FactorTools {
  const confirmations = new Map<string, Confirmation>();
  return {
    secretBox: { seal: (secret) => secret, open: (sealed) => sealed },
    oneTimePasswords: {
      newSecret: () => SECRET,
      uriOf: (secret, email) =>
        `otpauth://totp/Passbook:${encodeURIComponent(email)}?issuer=Passbook&secret=${secret}&algorithm=SHA1&digits=6&period=30`,
      stepOf: ({ code }) => (/^\d{6}$/.test(code) && code !== '000000' ? Number(code) : undefined),
    },
    passkeys: {
      registrationOptions: async ({ user, challenge }) => ({
        challenge,
        rp: { name: 'Passbook', id: 'localhost' },
        user: { id: Buffer.from(user.id).toString('base64url'), name: user.email, displayName: user.name },
        pubKeyCredParams: [{ alg: -7, type: 'public-key' }],
        timeout: 60_000,
        attestation: 'none',
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      }),
      verifyRegistration: async () => ({
        id: SAMPLE_PASSKEY,
        publicKey: 'example',
        counter: 0,
        transports: ['internal'],
      }),
      signInOptions: async ({ challenge }) => ({
        challenge,
        rpId: 'localhost',
        timeout: 60_000,
        userVerification: 'required',
      }),
      verifyAssertion: async () => 1,
    },
    confirmationTokens: {
      issue: async (confirmation) => {
        const token = `example-confirmation-${confirmations.size + 1}`;
        confirmations.set(token, confirmation);
        return token;
      },
      verify: async (token) => confirmations.get(token),
    },
  };
}
