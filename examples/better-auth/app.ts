import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { Hono } from 'hono';
import type { Ledger } from 'passbook-ledger';
import { createBankRoutes } from 'passbook-ledger/http';

/**
 * The ledger's routes beside Better Auth: people sign up and in at `/api/auth`, and its session cookie opens `/bank`.
 * Better Auth keeps its users in memory here; give it a database of your own.
 */
export function createApp({ ledger, origin, secret }: { ledger: Ledger; origin: string; secret: string }) {
  const auth = betterAuth({
    baseURL: origin,
    secret,
    database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
    emailAndPassword: { enabled: true },
  });
  const bank = createBankRoutes({
    ledger,
    publicOrigin: origin,
    actorOf: async ({ headers }) => {
      const session = await auth.api.getSession({ headers });
      return session && { kind: 'user', id: session.user.id, name: session.user.name };
    },
  });
  return new Hono().on(['GET', 'POST'], '/api/auth/*', (c) => auth.handler(c.req.raw)).route('/bank', bank);
}
