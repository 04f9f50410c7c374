// The ledger's routes beside Better Auth: two people sign up over HTTP, open accounts, and one pays the other.
import { randomBytes } from 'node:crypto';
import { serve } from '@hono/node-server';
import { createLedger } from 'passbook-ledger';
import { createMemoryStore } from 'passbook-ledger/memory';
import { createApp } from './app.ts';

const origin = 'http://localhost:3210';
const ledger = createLedger({ store: createMemoryStore() });
const app = createApp({ ledger, origin, secret: randomBytes(32).toString('hex') });
const server = serve({ fetch: app.fetch, port: 3210, hostname: 'localhost' });

const [ada, bob] = [await signUp('Ada'), await signUp('Bob')];
const [from, to] = [await open(ada), await open(bob)];
const funded = { destinationAccountId: from, amount: 10_000n, idempotencyKey: 'opening' };
await ledger.fundAccount({ kind: 'system' }, funded);
const payment = { fromAccount: from, toAccount: to, amount: 2_550, idempotencyKey: 'lunch-1' };
console.log(await (await post('/bank/transactions', payment, ada)).json());
server.close();

/** Returns the session cookie. */
async function signUp(name: string): Promise<string> {
  const email = `${name.toLowerCase()}@example.com`;
  const answer = await post('/api/auth/sign-up/email', { name, email, password: 'correct horse battery' });
  return answer.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';', 1)[0])
    .join('; ');
}

async function open(cookie: string): Promise<string> {
  const answer = await post('/bank/accounts', {}, cookie);
  return ((await answer.json()) as { account: { id: string } }).account.id;
}

function post(path: string, body: object, cookie = ''): Promise<Response> {
  const headers = { 'Content-Type': 'application/json', Origin: origin, Cookie: cookie };
  return fetch(origin + path, { method: 'POST', headers, body: JSON.stringify(body) });
}
