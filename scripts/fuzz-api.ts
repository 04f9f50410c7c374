// Runs schemathesis against the bank server on SQLite: it draws requests from openapi.json and holds each answer to it.
// Usage: npm run fuzz [-- SECONDS]. Needs python3 with venv; the first run installs schemathesis.
import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SCHEMATHESIS = 'schemathesis==4.32.5';
const SYSTEM = { email: 'system@passbook.localhost', password: 'correct horse battery' };

const root = fileURLToPath(new URL('..', import.meta.url));
const seconds = Number(process.argv[2] ?? 90);
const program = installed();
const directory = mkdtempSync(join(tmpdir(), 'passbook-fuzz-'));
const port = 20_000 + (process.pid % 10_000);
const url = `http://127.0.0.1:${port}`;

const server = spawn(process.execPath, ['dist/main.js'], {
  cwd: root,
  env: {
    PATH: process.env['PATH'],
    PORT: String(port),
    STORE: 'sqlite',
    DATA_DIR: directory,
    LOG_LEVEL: 'fatal',
    SYSTEM_EMAIL: SYSTEM.email,
    SYSTEM_PASSWORD: SYSTEM.password,
    ACCOUNTS_PER_USER: '10000',
  },
  stdio: ['ignore', 'inherit', 'inherit'],
});
try {
  await untilReady();
  const token = await signIn();
  const ids = await seed(token);
  // These two end the session that they are sent with
  const ending = ['signIn', 'signOut'];
  const named = (option: string) => ending.flatMap((id) => [option, id]);
  fuzz(named('--exclude-operation-id'), { token, ids, forSeconds: seconds });
  fuzz(named('--include-operation-id'), { token, ids, forSeconds: Math.ceil(seconds / 10) });
} finally {
  server.kill();
  rmSync(directory, { recursive: true, force: true });
}

/** @returns the path of the program, which is installed below node_modules once */
function installed(): string {
  const home = join(root, 'node_modules', '.cache', 'passbook', SCHEMATHESIS);
  const path = join(home, 'bin', 'st');
  if (!existsSync(path)) {
    mkdirSync(home, { recursive: true });
    run('python3', ['-m', 'venv', home]);
    run(join(home, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', SCHEMATHESIS]);
  }
  return path;
}

function run(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): void {
  const { status, error } = spawnSync(command, args, { ...options, stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${basename(command)} ended with ${status}`);
}

async function untilReady(): Promise<void> {
  while (server.exitCode === null) {
    const response = await fetch(`${url}/readyz`).catch(() => undefined);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('The server did not start');
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
