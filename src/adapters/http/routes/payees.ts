import { Hono } from 'hono';
import type { Bank } from '../../../application/bank.ts';
import type { CallerRequired, HttpEnv } from '../env.ts';
import { takePayeeCheck } from '../middleware/payee-quota.ts';
import type { SignInThrottle } from '../middleware/sign-in-throttle.ts';
import type { WriteThrottle } from '../middleware/write-throttle.ts';
import { NewPayeeBody, PayeeChangeBody, PayeeCheckBody, PayeesQuery } from '../requests/payee-bodies.ts';
import { readBody } from '../requests/read-body.ts';
import { readQuery } from '../requests/read-query.ts';
import { Nothing } from '../requests/schemas.ts';
import { payeeCheckShape, payeeShape, savedPayeeShape } from '../responses/payee-bodies.ts';

/** Routes with which a person checks who is behind an account number, and keeps their payees. */
export function payeeRoutes(ports: {
  bank: Bank;
  callerRequired: CallerRequired;
  throttle: SignInThrottle;
  writes: WriteThrottle;
  trustedProxies: number;
}) {
  const { bank, callerRequired } = ports;
  const { limited } = ports.writes;
  return new Hono<HttpEnv>()
    .post('/check', callerRequired, limited, async (c) => {
      readQuery(c.req, Nothing);
      const body = await readBody(c, PayeeCheckBody);
      const { id } = c.get('caller');
      await takePayeeCheck(c, id, ports);
      return c.json(payeeCheckShape(await bank.checkPayee(id, body)));
    })
    .post('/', callerRequired, limited, async (c) => {
      readQuery(c.req, Nothing);
      const body = await readBody(c, NewPayeeBody);
      const { id } = c.get('caller');
      // Without a name too: the answer says whether an account has the number
      await takePayeeCheck(c, id, ports);
      return c.json(savedPayeeShape(await bank.savePayee(id, body)));
    })
    .get('/', callerRequired, async (c) => {
      const page = await bank.listPayees(c.get('caller').id, readQuery(c.req, PayeesQuery));
      return c.json({ payees: page.items.map(payeeShape), nextCursor: page.nextCursor });
    })
    .patch('/:payeeId', callerRequired, limited, async (c) => {
      readQuery(c.req, Nothing);
      const { label } = await readBody(c, PayeeChangeBody);
      const request = { userId: c.get('caller').id, payeeId: c.req.param('payeeId'), label };
      return c.json({ payee: payeeShape(await bank.relabelPayee(request)) });
    })
    .delete('/:payeeId', callerRequired, limited, async (c) => {
      readQuery(c.req, Nothing);
      await readBody(c, Nothing);
      await bank.removePayee({ userId: c.get('caller').id, payeeId: c.req.param('payeeId') });
      return c.body(null, 204);
    });
}
