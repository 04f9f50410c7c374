import type { Passkeys, Site } from '../../application/ports/second-factors.ts';
import type { Credential } from '../../domain/entities/credential.ts';

/** Loaded at the first use: the library costs 200 ms and 26 MB. */
const library = () => import('@simplewebauthn/server');

type Library = Awaited<ReturnType<typeof library>>;
type RegistrationAnswer = Parameters<Library['verifyRegistrationResponse']>[0]['response'];
type AssertionAnswer = Parameters<Library['verifyAuthenticationResponse']>[0]['response'];

/** @param name of the bank, as the browser shows it */
export function createPasskeys({ name }: { name: string }): Passkeys {
  return {
    registrationOptions: async ({ user, site, challenge, known }) => {
      const { generateRegistrationOptions } = await library();
      return generateRegistrationOptions({
        rpName: name,
        rpID: domainOf(site),
        userID: new TextEncoder().encode(user.id),
        userName: user.email,
        userDisplayName: user.name,
        challenge: bytesOf(challenge),
        excludeCredentials: known.map(descriptorOf),
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      });
    },
    verifyRegistration: async ({ credential, site }, challenge) => {
      const { verifyRegistrationResponse } = await library();
      try {
        const { registrationInfo } = await verifyRegistrationResponse({
          response: credential as unknown as RegistrationAnswer,
          expectedChallenge: textOf(challenge),
          expectedOrigin: site.origin,
          expectedRPID: domainOf(site),
          requireUserVerification: true,
        });
        if (!registrationInfo) return undefined;
        const { id, publicKey, counter, transports = [] } = registrationInfo.credential;
        return { id, publicKey: Buffer.from(publicKey).toString('base64url'), counter, transports };
      } catch {
        return undefined;
      }
    },
    signInOptions: async ({ site, challenge, allowed }) => {
      const { generateAuthenticationOptions } = await library();
      return generateAuthenticationOptions({
        rpID: domainOf(site),
        challenge: bytesOf(challenge),
        userVerification: 'required',
        ...(allowed ? { allowCredentials: allowed.map(descriptorOf) } : {}),
      });
    },
    verifyAssertion: async ({ credential, site }, { challenge, passkey }) => {
      const { verifyAuthenticationResponse } = await library();
      const { publicKey, counter } = passkey.content;
      try {
        const { verified, authenticationInfo } = await verifyAuthenticationResponse({
          response: credential as unknown as AssertionAnswer,
          expectedChallenge: textOf(challenge),
          expectedOrigin: site.origin,
          expectedRPID: domainOf(site),
          credential: {
            id: passkey.digest ?? '',
            publicKey: new Uint8Array(Buffer.from(publicKey, 'base64url')),
            counter,
          },
          requireUserVerification: true,
        });
        return verified ? authenticationInfo.newCounter : undefined;
      } catch {
        // The library throws for a malformed answer as for a forged one
        return undefined;
      }
    },
  };
}

/** The relying party's id (WebAuthn Level 3, section 4): passkeys work on this domain only. */
function domainOf({ origin }: Site): string {
  return new URL(origin).hostname;
}

function descriptorOf({ digest, content }: Credential<'passkey'>) {
  return { id: digest ?? '', transports: [...content.transports] };
}

function bytesOf(challenge: string) {
  return new Uint8Array(Buffer.from(challenge, 'hex'));
}

function textOf(challenge: string): string {
  return Buffer.from(challenge, 'hex').toString('base64url');
}
