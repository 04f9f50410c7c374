import { hash } from 'node:crypto';
import { Hono } from 'hono';
import type { Context } from 'hono';
import type { Bank } from '../../../application/bank.ts';
import type { SignedIn } from '../../../application/users/open-session.ts';
import { omitAbsent } from '../../shared/omit-absent.ts';
import { PassbookError } from '../../../domain/errors.ts';
import { normaliseEmail } from '../../../domain/entities/user.ts';
import type { SessionRequired, UserRequired } from '../middleware/session-middleware.ts';
import { clientAddress } from '../requests/client-address.ts';
import type { HttpEnv } from '../env.ts';
import { CredentialsBody, RegistrationBody } from '../requests/bodies.ts';
import { Nothing } from '../requests/schemas.ts';
import { originOf } from '../requests/origin.ts';
import { readQuery } from '../requests/read-query.ts';
import { answerIn, passkeySiteOf } from '../requests/second-factor-answer.ts';
import { PasskeyAnswerBody } from '../requests/second-factor-bodies.ts';
import { readBody } from '../requests/read-body.ts';
import type { SessionToken } from '../requests/session-token.ts';
import { userShape } from '../responses/responses.ts';
import type { SignInThrottle } from '../middleware/sign-in-throttle.ts';
import { guardSecondFactor } from './second-factors.ts';

/** Each question is kept for minutes, and anybody may ask. */
const SIGN_IN_QUESTIONS = { points: 100, seconds: 600 };

export function authRoutes(ports: {
  bank: Bank;
  sessionToken: SessionToken;
  sessionRequired: SessionRequired;
  userRequired: UserRequired;
  throttle: SignInThrottle;
  trustedProxies: number;
  publicOrigin: string | null;
}) {
  const { bank, sessionToken, sessionRequired, throttle } = ports;
  return new Hono<HttpEnv>()
    .post('/register', async (c) => {
      readQuery(c.req, Nothing);
      const registration = await readBody(c, RegistrationBody);
      const from = { email: registration.email, address: clientAddress(c, ports.trustedProxies) };
      const signedIn = await throttle.register(from, () =>
        bank.registerUser({ ...registration, origin: originOf(c, ports.trustedProxies) }),
      );
      return c.json(welcome(c, signedIn), 201);
    })
    .post('/login', async (c) => {
      readQuery(c.req, Nothing);
      const { code, passkey, ...credentials } = await readBody(c, CredentialsBody);
      const secondFactor = answerIn({ code, passkey }, passkeySiteOf(c, ports.publicOrigin));
      const presentedToken = sessionToken.read(c);
      const presented = omitAbsent({ presentedToken, presentedRefreshToken: sessionToken.readRefresh(c) });
      const from = {
        email: credentials.email,
        address: clientAddress(c, ports.trustedProxies),
        ...(await proofOf(presentedToken, credentials.email)),
      };
      const origin = originOf(c, ports.trustedProxies);
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
      return c.json(welcome(c, signedIn), 200);
    })
    .post('/passkeys/sign-in/options', async (c) => {
      readQuery(c.req, Nothing);
      await readBody(c, Nothing);
      const address = clientAddress(c, ports.trustedProxies);
      await throttle.consume('question', { address }, SIGN_IN_QUESTIONS);
      return c.json(await bank.askForSignIn(passkeySiteOf(c, ports.publicOrigin)));
    })
    .post('/passkeys/sign-in', async (c) => {
      readQuery(c.req, Nothing);
      const answer = {
        ...(await readBody(c, PasskeyAnswerBody)),
        site: passkeySiteOf(c, ports.publicOrigin),
      };
      const presented = {
        presentedToken: sessionToken.read(c),
        presentedRefreshToken: sessionToken.readRefresh(c),
      };
      const terms = { origin: originOf(c, ports.trustedProxies), ...omitAbsent(presented) };
      return c.json(welcome(c, await bank.signInWithPasskey(answer, terms)), 200);
    })
    .post('/logout', sessionRequired, async (c) => {
      readQuery(c.req, Nothing);
      await readBody(c, Nothing);
      await bank.signOut(c.var.session.id, originOf(c, ports.trustedProxies));
      sessionToken.takeBack(c);
      return c.body(null, 204);
    });

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

  function welcome(c: Context, signedIn: SignedIn) {
    c.set('userId', signedIn.user.id);
    c.set('signInFor', undefined);
    sessionToken.give(c, signedIn);
    return { user: userShape(signedIn.user), token: signedIn.token };
  }
}

function isFailure(error: unknown): boolean {
  if (!(error instanceof PassbookError)) return false;
  return error.code === 'invalid_credentials' || error.code === 'invalid_second_factor';
}

/** A substitute for the e-mail address in the log, which must not contain one. */
function digestOf(email: string): string {
  return `sha256:${hash('sha256', normaliseEmail(email))}`;
}
