import { Hono } from 'hono';
import type { Bank } from '../../../application/bank.ts';
import type { HttpEnv } from '../env.ts';
import { sendWelcome } from './welcome.ts';

/** For those who run the server, and the programs that watch it. */
export function operationRoutes({ bank }: { bank: Bank }) {
  return (
    new Hono<HttpEnv>()
      .get('/', sendWelcome)
      // The process answers, whatever it depends on
      .get('/healthz', (c) => c.json({ status: 'ok' }))
      .get('/readyz', async (c) => {
        await bank.check();
        return c.json({ status: 'ok' });
      })
  );
}
