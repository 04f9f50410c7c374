import { Hono } from 'hono';
import type { Bank } from '../../../application/bank.ts';
import { PassbookError } from '../../../domain/errors.ts';
import type { HttpEnv } from '../env.ts';
import type { SessionRequired } from '../middleware/session-middleware.ts';
import { originOf } from '../requests/origin.ts';
import { readBody } from '../requests/read-body.ts';
import { readQuery } from '../requests/read-query.ts';
import { Nothing } from '../requests/schemas.ts';
import type { SessionToken } from '../requests/session-token.ts';
import { refreshedShape, sessionShape } from '../responses/session-bodies.ts';

/** A person's own sessions: refreshing, listing and ending them. */
export function sessionRoutes(ports: {
  bank: Bank;
  sessionToken: SessionToken;
  sessionRequired: SessionRequired;
  trustedProxies: number;
}) {
  const { bank, sessionToken, sessionRequired, trustedProxies } = ports;
  return new Hono<HttpEnv>()
    .post('/refresh', async (c) => {
      readQuery(c.req, Nothing);
      await readBody(c, Nothing);
      const token = sessionToken.readRefresh(c);
      if (token === undefined)
        throw new PassbookError('unauthenticated', { subject: 'send the refresh cookie' });
      const refreshed = await bank.refreshSession(token, originOf(c, trustedProxies));
      c.set('userId', refreshed.user.id);
      sessionToken.give(c, refreshed);
      return c.json(refreshedShape(refreshed));
    })
    .get('/sessions', sessionRequired, async (c) => {
      readQuery(c.req, Nothing);
      const { session, caller } = c.var;
      const sessions = await bank.listSessions(caller.id);
      return c.json({ sessions: sessions.map((one) => sessionShape(one, session)) });
    })
    .delete('/sessions/:sessionId', sessionRequired, async (c) => {
      readQuery(c.req, Nothing);
      await readBody(c, Nothing);
      const { session, caller } = c.var;
      const sessionId = c.req.param('sessionId');
      await bank.revokeSession(caller.id, sessionId, originOf(c, trustedProxies));
      if (sessionId === session.id) sessionToken.takeBack(c);
      return c.body(null, 204);
    })
    .post('/logout/everywhere', sessionRequired, async (c) => {
      readQuery(c.req, Nothing);
      await readBody(c, Nothing);
      await bank.signOutEverywhere(c.var.session, originOf(c, trustedProxies));
      sessionToken.takeBack(c);
      return c.body(null, 204);
    });
}
