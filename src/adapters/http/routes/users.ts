import { Hono } from 'hono';
import type { Context } from 'hono';
import type { Bank } from '../../../application/bank.ts';
import { invalid } from '../../../domain/errors.ts';
import type { CallerRequired, HttpEnv, SignedInEnv } from '../env.ts';
import { roleRequired } from '../middleware/caller.ts';
import type { SessionRequired } from '../middleware/session-middleware.ts';
import { originOf } from '../requests/origin.ts';
import { UsersQuery } from '../requests/queries.ts';
import { readBody } from '../requests/read-body.ts';
import { readQuery } from '../requests/read-query.ts';
import { Nothing } from '../requests/schemas.ts';
import { LockBody, RoleBody, UnlockBody } from '../requests/staff-bodies.ts';
import { staffUserShape } from '../responses/staff-bodies.ts';

/** Routes about the server's users, for the staff. */
export function userRoutes({
  bank,
  callerRequired,
  sessionRequired,
  trustedProxies,
}: {
  bank: Bank;
  callerRequired: CallerRequired;
  sessionRequired: SessionRequired;
  trustedProxies: number;
}) {
  const staff = roleRequired('staff');
  const operator = roleRequired('system or operator');
  const actorIn = (c: Context<SignedInEnv>) => ({
    actorId: c.get('caller').id,
    origin: originOf(c, trustedProxies),
  });
  return new Hono<HttpEnv>()
    .get('/users', callerRequired, staff, async (c) => {
      const { email, ...request } = readQuery(c.req, UsersQuery);
      if (email === undefined) {
        const page = await bank.listUsers(request);
        return c.json({ users: page.items.map(staffUserShape), nextCursor: page.nextCursor });
      }
      if (Object.keys(request).length > 0)
        throw invalid('email', 'takes no "limit" and no "cursor" beside it');
      return c.json({ user: staffUserShape(await bank.findUser(email)) });
    })
    .get('/users/:id', callerRequired, staff, async (c) => {
      readQuery(c.req, Nothing);
      return c.json({ user: staffUserShape(await bank.findUser({ id: c.req.param('id') })) });
    })
    .put('/users/:id/role', sessionRequired, roleRequired('system'), async (c) => {
      readQuery(c.req, Nothing);
      const { role, ...terms } = await readBody(c, RoleBody);
      const user = await bank.grantRole({ id: c.req.param('id') }, role, { ...terms, ...actorIn(c) });
      return c.json({ user: staffUserShape(user) });
    })
    .post('/users/:id/lock', sessionRequired, operator, async (c) => {
      readQuery(c.req, Nothing);
      const body = await readBody(c, LockBody);
      const user = await bank.lockUser({ ...body, user: { id: c.req.param('id') }, ...actorIn(c) });
      return c.json({ user: staffUserShape(user) });
    })
    .post('/users/:id/unlock', sessionRequired, operator, async (c) => {
      readQuery(c.req, Nothing);
      const body = await readBody(c, UnlockBody);
      const user = await bank.unlockUser({ ...body, user: { id: c.req.param('id') }, ...actorIn(c) });
      return c.json({ user: staffUserShape(user) });
    });
}
