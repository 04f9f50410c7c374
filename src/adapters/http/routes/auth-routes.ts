import { Hono } from 'hono';
import type { Bank } from '../../../application/bank.ts';
import type { SignedIn } from '../../../application/users/open-session.ts';
import { omitAbsent } from '../../shared/omit-absent.ts';
import type { PasswordSignIn } from '../middleware/password-sign-in.ts';
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

/** Each question is kept for minutes, and anybody may ask. */
const SIGN_IN_QUESTIONS = { points: 100, seconds: 600 };

export function authRoutes(ports: {
  bank: Bank;
  sessionToken: SessionToken;
  sessionRequired: SessionRequired;
  userRequired: UserRequired;
  throttle: SignInThrottle;
  passwords: PasswordSignIn;
  trustedProxies: number;
  publicOrigin: string | null;
}) {
  const { bank, sessionToken, sessionRequired, throttle, passwords } = ports;
  return new Hono<HttpEnv>()
    .post('/register', async (c) => {
      readQuery(c.req, Nothing);
      const signedIn = await passwords.register(c, await readBody(c, RegistrationBody));
      return c.json(sessionShape(signedIn), 201);
    })
    .post('/login', async (c) => {
      readQuery(c.req, Nothing);
      const { code, passkey, ...credentials } = await readBody(c, CredentialsBody);
      const secondFactor = answerIn({ code, passkey }, passkeySiteOf(c, ports.publicOrigin));
      return c.json(sessionShape(await passwords.signIn(c, { ...credentials, secondFactor })), 200);
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
      const signedIn = passwords.welcome(c, await bank.signInWithPasskey(answer, terms));
      return c.json(sessionShape(signedIn), 200);
    })
    .post('/logout', sessionRequired, async (c) => {
      readQuery(c.req, Nothing);
      await readBody(c, Nothing);
      await bank.signOut(c.var.session.id, originOf(c, ports.trustedProxies));
      sessionToken.takeBack(c);
      return c.body(null, 204);
    });
}

function sessionShape({ user, token }: SignedIn) {
  return { user: userShape(user), token };
}
