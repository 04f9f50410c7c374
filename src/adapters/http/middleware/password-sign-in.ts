import { hash } from 'node:crypto';
import type { Context } from 'hono';
import type { Bank } from '../../../application/bank.ts';
import type { SecondFactorAnswer } from '../../../application/factors/second-factor.ts';
import type { SignedIn } from '../../../application/users/open-session.ts';
import { PassbookError } from '../../../domain/errors.ts';
import { normaliseEmail } from '../../../domain/entities/user.ts';
import type { User } from '../../../domain/entities/user.ts';
import { omitAbsent } from '../../shared/omit-absent.ts';
import type { HttpEnv } from '../env.ts';
import { clientAddress } from '../requests/client-address.ts';
import { originOf } from '../requests/origin.ts';
import type { SessionToken } from '../requests/session-token.ts';
import { guardSecondFactor } from './sign-in-throttle.ts';
import type { SignInThrottle } from './sign-in-throttle.ts';

type Credentials = {
  readonly email: string;
  readonly password: string;
  readonly secondFactor?: SecondFactorAnswer | undefined;
};

type Registration = { readonly name: string; readonly email: string; readonly password: string };

/** Signs people in by password, and registers them, at a bounded rate. Gives each new session to the client. */
export function passwordSignIn({
  bank,
  sessionToken,
  throttle,
  trustedProxies,
}: {
  bank: Bank;
  sessionToken: SessionToken;
  throttle: SignInThrottle;
  trustedProxies: number;
}) {
  return {
    /** @throws PassbookError as `registerUser`, and `too_many_requests` */
    async register(c: Context<HttpEnv>, registration: Registration): Promise<SignedIn> {
      const from = { email: registration.email, address: clientAddress(c, trustedProxies) };
      const origin = originOf(c, trustedProxies);
      return welcome(c, await throttle.register(from, () => bank.registerUser({ ...registration, origin })));
    },

    /** @throws PassbookError as `signIn`, and `too_many_requests` */
    async signIn(c: Context<HttpEnv>, { secondFactor, ...credentials }: Credentials): Promise<SignedIn> {
      const presentedToken = sessionToken.read(c);
      const presented = omitAbsent({ presentedToken, presentedRefreshToken: sessionToken.readRefresh(c) });
      const from = {
        email: credentials.email,
        address: clientAddress(c, trustedProxies),
        ...(await proofOf(presentedToken, credentials.email)),
      };
      const origin = originOf(c, trustedProxies);
      c.set('signInFor', digestOf(credentials.email));
      const signedIn = await throttle
        .signIn(from, () => {
          if (!secondFactor) return bank.signIn({ ...credentials, ...presented, origin });
          return guardSecondFactor(throttle, credentials.email, () =>
            bank.signIn({ ...credentials, ...presented, secondFactor, origin }),
          );
        })
        .catch(async (error: unknown) => {
          if (isFailure(error)) await nameUser(c, credentials.email);
          throw error;
        });
      return welcome(c, signedIn);
    },

    welcome,
  };

  /** Hands the session to the client. */
  function welcome<S extends SignedIn & { user: User }>(c: Context<HttpEnv>, signedIn: S): S {
    c.set('userId', signedIn.user.id);
    c.set('signInFor', undefined);
    sessionToken.give(c, signedIn);
    return signedIn;
  }

  /** Returns the owner's open session as evidence that the owner is signing in. */
  async function proofOf(token: string | undefined, email: string): Promise<{ proof?: string }> {
    if (token === undefined) return {};
    const found = await bank.authenticate(token).catch(() => undefined);
    return found?.user.email === normaliseEmail(email) ? { proof: found.session.id } : {};
  }

  /** Sets the user of a wrong password, for the log. */
  async function nameUser(c: Context<HttpEnv>, email: string): Promise<void> {
    const user = await bank.findUser(email).catch(() => undefined);
    if (user) c.set('signInFor', user.id);
  }
}

export type PasswordSignIn = ReturnType<typeof passwordSignIn>;

function isFailure(error: unknown): boolean {
  if (!(error instanceof PassbookError)) return false;
  return error.code === 'invalid_credentials' || error.code === 'invalid_second_factor';
}

/** A substitute for the e-mail address in the log, which must not contain one. */
function digestOf(email: string): string {
  return `sha256:${hash('sha256', normaliseEmail(email))}`;
}
