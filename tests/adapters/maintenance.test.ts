import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiClient } from '../support/api-client.ts';
import { MailServer, SmtpFault } from '../support/mail-server.ts';
import { Program } from '../support/program.ts';

const EMAIL = 'system@bank.example';
const PASSWORD = 'a-good-long-passphrase';

let folder: string;
let programs: Program[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'passbook-maintenance-'));
  programs = [];
});
afterEach(async () => {
  for (const program of programs) await program.dispose();
  await rm(folder, { recursive: true });
});

function start(env: Record<string, string>): Program {
  const own = { DATA_DIR: folder, PORT: '0', SYSTEM_EMAIL: EMAIL, SYSTEM_PASSWORD: PASSWORD };
  const program = new Program('src/main.ts', { env: { ...own, ...env } });
  programs.push(program);
  return program;
}

async function stop(program: Program): Promise<void> {
  program.kill('SIGTERM');
  expect(await program.ended).toEqual({ code: 0, signal: null });
}

describe('a server in maintenance', () => {
  it('reads and says so, and changes no byte of the books', async () => {
    const before = start({});
    const origin = await before.origin();
    const system = await ApiClient.signIn(origin, { email: EMAIL, password: PASSWORD });
    const account = await system.openAccount();
    await stop(before);
    const books = () =>
      createHash('sha256')
        .update(readFileSync(join(folder, 'passbook.db')))
        .digest('hex');
    const kept = books();

    const program = start({ MAINTENANCE: 'on', CHECKPOINT_EVERY_SECONDS: '1' });
    const now = new ApiClient(await program.origin(), system);
    expect(await program.logged('the bank takes no changes during maintenance')).toMatchObject({
      level: 'warn',
    });
    expect(program.stdout).toContain('\n  MAINTENANCE: nothing can be changed, reads work');
    expect(await now.get(`/api/accounts/${account}`)).toMatchObject({ status: 200 });
    expect(await now.get('/readyz')).toMatchObject({ status: 200, body: { status: 'maintenance' } });
    await expect(
      ApiClient.signIn(await program.origin(), { email: EMAIL, password: PASSWORD }),
    ).rejects.toThrow('503');
    await stop(program);
    expect(books()).toBe(kept);
    expect(program.log.map(({ msg }) => msg)).not.toContain('checkpoint');
  });

  it('starts with books that have no system user yet, and makes it afterwards', async () => {
    const program = start({ MAINTENANCE: 'on' });
    await program.origin();
    expect(await program.logged('the system user is made after maintenance')).toMatchObject({ email: EMAIL });
    await stop(program);
    const after = start({});
    const signedIn = await ApiClient.signIn(await after.origin(), { email: EMAIL, password: PASSWORD });
    expect(signedIn.role).toBe('system');
    await stop(after);
  });
});

describe('the log of a server', () => {
  it.each(['json', 'pretty'])(
    'as %s has no secret that a request or another server repeats',
    async (format) => {
      const server = await MailServer.start({
        password: 'canary-smtp-5e1f',
        refuseSender: () => new SmtpFault(451, 'canary-smtp-5e1f is not welcome now'),
      });
      const program = start({
        STORE: 'memory',
        LOG_FORMAT: format,
        LOG_LEVEL: 'trace',
        LOG_ADDRESSES: 'none',
        SMTP_URL: server.url.replace('//', '//bank:canary-smtp-5e1f@'),
        MAIL_FROM: 'bank@bank.example',
      });
      const origin = await program.origin();
      await ApiClient.register(origin, { name: 'Ada', email: 'ada@example.com', password: PASSWORD });
      const headers = {
        Authorization: 'Bearer canary-token-5e1f',
        Cookie: 'session=canary-cookie-5e1f; refresh=canary-refresh-5e1f',
        'X-Request-Id': 'the-request',
        'Content-Type': 'application/json',
      };
      const body = '{"password":"canary-body-5e1f", broken';
      for (const init of [{ headers }, { headers, method: 'POST', body }]) {
        await (await fetch(`${origin}/api/accounts?token=canary-query-5e1f`, init)).text();
      }
      const refused = /is not welcome now/;
      await program.until(() => (refused.test(program.stderr) ? true : undefined));
      await stop(program);
      await server.stop();

      expect(program.stderr).toMatch(/\[redacted\] is not welcome now/);
      expect(program.stdout + program.stderr).not.toMatch(/canary|Y2FuYXJ5/);
      expect(program.stderr).not.toContain('127.0.0.1 ');
      expect(program.stderr).not.toContain('"address":"127');
    },
  );
});
