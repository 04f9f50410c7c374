import { Hono } from 'hono';
import type { Bank } from '../../../application/bank.ts';
import type { CallerRequired, HttpEnv } from '../env.ts';
import { roleRequired } from '../middleware/caller.ts';
import type { SessionRequired } from '../middleware/session-middleware.ts';
import { SecurityEventsQuery } from '../requests/queries.ts';
import { readQuery } from '../requests/read-query.ts';
import { PageQuery } from '../requests/schemas.ts';
import { securityEventShape } from '../responses/staff-bodies.ts';

/** Routes that list security events: one's own, and for auditors those of all. */
export function securityEventRoutes({
  bank,
  sessionRequired,
  callerRequired,
}: {
  bank: Bank;
  sessionRequired: SessionRequired;
  callerRequired: CallerRequired;
}) {
  return new Hono<HttpEnv>()
    .get('/auth/security-events', sessionRequired, async (c) => {
      const page = await bank.listSecurityEvents(c.get('caller').id, readQuery(c.req, PageQuery));
      return c.json({ events: page.items.map(securityEventShape), nextCursor: page.nextCursor });
    })
    .get('/system/security-events', callerRequired, roleRequired('system or auditor'), async (c) => {
      const { userId = null, ...request } = readQuery(c.req, SecurityEventsQuery);
      const page = await bank.listSecurityEvents(userId, request);
      return c.json({ events: page.items.map(securityEventShape), nextCursor: page.nextCursor });
    });
}
