import { Hono } from 'hono';
import type { Availability } from '../../../application/availability/availability.ts';
import type { Bank } from '../../../application/bank.ts';
import type { HttpEnv } from '../env.ts';

/** Routes for the server's operators and their monitoring. */
export function operationRoutes({ bank, availability }: { bank: Bank; availability: Availability }) {
  return (
    new Hono<HttpEnv>()
      // Does not check the store: the process is alive if it answers
      .get('/healthz', (c) => c.json({ status: 'ok' }))
      .get('/readyz', async (c) => {
        await bank.check();
        const { maintenanceSince: since } = availability;
        if (since === null) return c.json({ status: 'ok' });
        // Ready: it answers reads, and says to everyone else why it does not take changes
        return c.json({ status: 'maintenance', since: new Date(since).toISOString() });
      })
  );
}
