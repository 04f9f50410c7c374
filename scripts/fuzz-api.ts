// Runs schemathesis against the bank server on SQLite: it draws requests from openapi.json and holds each answer to it.
// Usage: npm run fuzz [-- SECONDS]. Needs python3 with venv; the first run installs schemathesis.
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startBankServer, SYSTEM } from './python-tools/bank-server.ts';
import { installedPrograms, run } from './python-tools/python.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const seconds = Number(process.argv[2] ?? 90);
const program = join(installedPrograms('schemathesis==4.32.5'), 'st');
const { url, directory, stop } = await startBankServer();
try {
  const token = await signIn();
  const ids = await seed(token);
  // These end the session that they are sent with
  const ending = ['signIn', 'signOut', 'signOutEverywhere'];
  const named = (option: string) => ending.flatMap((id) => [option, id]);
  fuzz(named('--exclude-operation-id'), { token, ids, forSeconds: seconds });
  fuzz(named('--include-operation-id'), { token, ids, forSeconds: Math.ceil(seconds / 10) });
} finally {
  stop();
}

type Ids = { readonly accounts: readonly string[]; readonly transactions: readonly string[] };

/** Signs in as the system user. */
async function signIn(): Promise<string> {
  return ((await post('', '/api/auth/login', SYSTEM)) as { token: string }).token;
}

/** Opens accounts and makes transactions, so that drawn requests can name some. */
async function seed(token: string): Promise<Ids> {
  const open = async (currency: string) => {
    const { account } = (await post(token, '/api/accounts', { currency })) as { account: { id: string } };
    return account.id;
  };
  const accounts = [await open('EUR'), await open('EUR'), await open('USD'), await open('EUR')];
  const [fromAccount = '', toAccount = ''] = accounts;
  const pay = async (path: string, body: object) => {
    const answer = await post(token, path, { ...body, idempotencyKey: randomUUID() });
    return (answer as { transaction: { id: string } }).transaction.id;
  };
  const transactions = [
    await pay('/api/transactions/system/initial-funds', { toAccount: fromAccount, amount: 1_000_000 }),
    await pay('/api/transactions', { fromAccount, toAccount, amount: 5_000 }),
    await pay('/api/transactions', { fromAccount, toAccount, amount: 400, pending: true }),
    await pay('/api/transactions', { fromAccount, toAccount, amount: 600, pending: true }),
  ];
  return { accounts, transactions };
}

async function post(token: string, path: string, body: object): Promise<unknown> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return response.json();
}

/** Runs schemathesis. Its own check of valid data knows no refusal by a rule, so a check of ours takes its place. */
function fuzz(
  operations: readonly string[],
  { token, ids, forSeconds }: { token: string; ids: Ids; forSeconds: number },
): void {
  const config = join(directory, 'schemathesis.toml');
  const hooks = join(root, 'scripts', 'fuzz_api_checks.py');
  writeFileSync(
    config,
    `hooks = ${JSON.stringify(hooks)}\n[checks]\npositive_data_acceptance.enabled = false\n`,
  );
  const args = ['--config-file', config, 'run', join(root, 'openapi.json'), '--url', url, ...operations];
  const auth = ['--header', `Authorization: Bearer ${token}`];
  run(program, [...args, ...auth, '--max-time', String(forSeconds), '--no-color', '--warnings', 'off'], {
    // Its reports and its database of findings go there too
    cwd: directory,
    env: { ...process.env, PASSBOOK_IDS: JSON.stringify(ids) },
  });
}
