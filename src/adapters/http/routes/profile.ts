import { Hono } from 'hono';
import type { Context } from 'hono';
import type { Bank } from '../../../application/bank.ts';
import type { Logger } from '../../../application/ports/runtime.ts';
import type { HttpEnv, SignedInEnv } from '../env.ts';
import { takeMail } from '../middleware/mail-quota.ts';
import type { SessionRequired, UserRequired } from '../middleware/session-middleware.ts';
import type { SignInThrottle } from '../middleware/sign-in-throttle.ts';
import type { WriteThrottle } from '../middleware/write-throttle.ts';
import { clientAddress } from '../requests/client-address.ts';
import { originOf } from '../requests/origin.ts';
import {
  EmailChangeBody,
  SelfErasureBody,
  ForgottenPasswordBody,
  LinkBody,
  PasswordChangeBody,
  PasswordResetBody,
  ProfileBody,
} from '../requests/profile-bodies.ts';
import { readBody } from '../requests/read-body.ts';
import { readQuery } from '../requests/read-query.ts';
import { Nothing } from '../requests/schemas.ts';
import type { SessionToken } from '../requests/session-token.ts';
import { erasureShape, meShape } from '../responses/profile-shapes.ts';
import { sendPersonalData } from './personal-data.ts';

/** Routes about the signed-in person, and the links that they get by mail. */
export function profileRoutes(ports: {
  bank: Bank;
  log: Logger;
  sessionToken: SessionToken;
  sessionRequired: SessionRequired;
  userRequired: UserRequired;
  throttle: SignInThrottle;
  writes: WriteThrottle;
  trustedProxies: number;
}) {
  const { bank, sessionRequired, throttle, trustedProxies } = ports;
  const { limited } = ports.writes;
  return new Hono<HttpEnv>()
    .post('/email/verify', async (c) => {
      readQuery(c.req, Nothing);
      const { token } = await readBody(c, LinkBody);
      await bank.verifyEmail({ token, origin: originOf(c, trustedProxies) });
      return c.body(null, 204);
    })
    .post('/email/resend', sessionRequired, async (c) => {
      readQuery(c.req, Nothing);
      await readBody(c, Nothing);
      await takeMail(c, c.var.caller.email, ports);
      await bank.requestVerification(whose(c));
      return c.body(null, 204);
    })
    .post('/email/change', sessionRequired, async (c) => {
      readQuery(c.req, Nothing);
      const body = await readBody(c, EmailChangeBody);
      await takeMail(c, body.email, ports);
      await asOwner(c, () => bank.requestEmailChange({ ...whose(c), ...body }));
      return c.body(null, 204);
    })
    .post('/email/confirm', async (c) => {
      readQuery(c.req, Nothing);
      const { token } = await readBody(c, LinkBody);
      await bank.confirmEmailChange({ token, origin: originOf(c, trustedProxies) });
      return c.body(null, 204);
    })
    .post('/password/forgot', async (c) => {
      readQuery(c.req, Nothing);
      const { email } = await readBody(c, ForgottenPasswordBody);
      await takeMail(c, email, ports);
      await bank.requestPasswordReset({ email, origin: originOf(c, trustedProxies) });
      return c.body(null, 204);
    })
    .post('/password/reset', async (c) => {
      readQuery(c.req, Nothing);
      const body = await readBody(c, PasswordResetBody);
      await bank.resetPassword({ ...body, origin: originOf(c, trustedProxies) });
      return c.body(null, 204);
    })
    .post('/password/change', sessionRequired, async (c) => {
      readQuery(c.req, Nothing);
      const body = await readBody(c, PasswordChangeBody);
      await asOwner(c, () => bank.changePassword({ ...whose(c), ...body }));
      return c.body(null, 204);
    })
    .get('/me', ports.userRequired, (c) => {
      readQuery(c.req, Nothing);
      return c.json(meShape(c.get('user')));
    })
    .patch('/me', sessionRequired, limited, async (c) => {
      readQuery(c.req, Nothing);
      const change = await readBody(c, ProfileBody);
      return c.json(meShape(await bank.changeProfile(whose(c), change)));
    })
    .delete('/me', sessionRequired, limited, async (c) => {
      readQuery(c.req, Nothing);
      const { password } = await readBody(c, SelfErasureBody);
      const { userId } = whose(c);
      const erasure = await asOwner(c, () => bank.eraseUser({ userId, password }));
      ports.sessionToken.takeBack(c);
      return c.json(erasureShape(erasure));
    })
    .get('/me/export', sessionRequired, limited, async (c) => {
      readQuery(c.req, Nothing);
      return sendPersonalData(c, await bank.exportData(whose(c)), ports.log);
    });

  function whose(c: Context<SignedInEnv>) {
    const { caller, session } = c.var;
    return { userId: caller.id, sessionId: session.id, origin: originOf(c, trustedProxies) };
  }

  /** Runs an attempt with the caller's password, throttled as a sign-in. */
  function asOwner<T>(c: Context<SignedInEnv>, attempt: () => Promise<T>): Promise<T> {
    const { caller, session } = c.var;
    const from = { email: caller.email, address: clientAddress(c, trustedProxies), proof: session.id };
    return throttle.signIn(from, attempt);
  }
}
