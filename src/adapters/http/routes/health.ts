import { Hono } from 'hono';
import type { Bank } from '../../../application/bank.ts';
import type { HttpEnv } from '../env.ts';

/** Routes for the server's operators and their monitoring. */
export function operationRoutes({ bank }: { bank: Bank }) {
  return (
    new Hono<HttpEnv>()
      // Does not check the store: the process is alive if it answers
      .get('/healthz', (c) => c.json({ status: 'ok' }))
      .get('/readyz', async (c) => {
        await bank.check();
        return c.json({ status: 'ok' });
      })
  );
}
