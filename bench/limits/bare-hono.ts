/** HTTP's limit on this machine: JSON in, JSON of a transfer's size out, nothing verified and nothing kept. */
import { serve } from '@hono/node-server';
import { Hono } from 'hono';

type Transfer = { fromAccount: string; toAccount: string; amount: number };

const app = new Hono();
app.post('/api/transactions', async (c) => {
  const { fromAccount, toAccount, amount } = await c.req.json<Transfer>();
  const id = '01890a5d-ac96-774b-bcce-b302099a8057';
  const createdAt = '2026-01-01T00:00:00.000Z';
  return c.json({
    transaction: {
      id,
      kind: 'transfer',
      status: 'completed',
      fromAccount,
      toAccount,
      amount,
      currency: 'EUR',
      currencyExponent: 2,
      createdAt,
      completedAt: createdAt,
    },
    balances: [{ accountId: fromAccount, balance: amount, held: 0, available: amount }],
  });
});

const server = serve({ fetch: app.fetch, port: Number(process.env['PORT']), hostname: '127.0.0.1' });
process.once('SIGTERM', () => {
  if ('closeAllConnections' in server) server.closeAllConnections();
  server.close();
});
