import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MailServer } from '../support/mail-server.ts';
import { Program } from '../support/program.ts';

const OPERATOR = 'system@bank.example';
const PASSWORD = 'a-good-long-passphrase';
const OLD = {
  JWT_SECRET: 'Hn2v8pQx4Lr7Ws1Zk6Td9Yb3Mf5Jc0Ga',
  METRICS_TOKEN: 'old-token-of-the-scraper',
  SYSTEM_PASSWORD: 'the-old-long-passphrase',
  SMTP_PASSWORD: 'old-smtp-password',
};
const NEW = {
  JWT_SECRET: 'Qe5u1kXo8Vb3Nz7Rt2Hy6Ci9Dw4Pm0Ls',
  METRICS_TOKEN: 'new-token-of-the-scraper',
  SYSTEM_PASSWORD: 'the-new-long-passphrase',
  SMTP_PASSWORD: 'new-smtp-password',
};

type Answer = {
  readonly status: number;
  readonly body: Record<string, unknown>;
  /** Cookies that it sets, as a browser sends them back. */
  readonly cookies: string;
};

/** Follows the steps of "Rotate the secret" and "Rotate the other secrets" in docs/operations.md. */
describe('a server whose secrets are rotated as its guide says', () => {
  let folder: string;
  let mails: MailServer;
  let running: Program | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'passbook-rotation-'));
    mails = await MailServer.start({ password: OLD.SMTP_PASSWORD });
  });
  afterEach(async () => {
    await running?.dispose();
    await mails.stop();
    await rm(folder, { recursive: true });
  });

  async function start({ smtp, ...env }: Record<string, string> & { smtp: string }) {
    const program = new Program('src/main.ts', {
      env: {
        NODE_ENV: 'production',
        HOST: '127.0.0.1',
        PORT: '0',
        PUBLIC_ORIGIN: 'http://localhost',
        DATA_DIR: folder,
        SMTP_URL: mails.url.replace('//', `//bank:${smtp}@`),
        MAIL_FROM: 'bank@bank.example',
        ...env,
      },
    });
    running = program;
    const origin = await program.origin();
    const call = async (route: string, request: { as?: string; cookies?: string; body?: object } = {}) => {
      const [method = '', path = ''] = route.split(' ');
      const { as, cookies, body } = request;
      const response = await fetch(`${origin}${path}`, {
        method,
        headers: {
          ...(as === undefined ? {} : { authorization: `Bearer ${as}` }),
          ...(cookies === undefined ? {} : { cookie: cookies }),
          ...(body ? { 'content-type': 'application/json' } : {}),
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      const set = response.headers.getSetCookie().map((line) => line.split(';', 1)[0]);
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.includes('json') ?? false;
      const parsed = isJson ? (JSON.parse(text) as Record<string, unknown>) : {};
      return { status: response.status, body: parsed, cookies: set.join('; ') } satisfies Answer;
    };
    const stop = async () => {
      program.kill('SIGTERM');
      expect(await program.ended).toEqual({ code: 0, signal: null });
    };
    const signIn = (password: string) =>
      call('POST /api/auth/login', { body: { email: OPERATOR, password } });
    const scrape = async (as: string) => (await call('GET /metrics', { as })).status;
    const register = (name: string) => {
      const email = `${name.toLowerCase()}@example.com`;
      return call('POST /api/auth/register', { body: { name, email, password: PASSWORD } });
    };
    return { program, call, stop, signIn, scrape, register };
  }

  it('refuses the old ones, takes the new ones, keeps people signed in, and loses no mail', async () => {
    const { JWT_SECRET, METRICS_TOKEN, SYSTEM_PASSWORD } = OLD;
    const operator = { SYSTEM_EMAIL: OPERATOR, SYSTEM_PASSWORD };
    const before = await start({ JWT_SECRET, METRICS_TOKEN, ...operator, smtp: OLD.SMTP_PASSWORD });
    const ada = await before.register('Ada');
    const adas = String(ada.body['token']);
    await mails.received(1);
    expect([await before.scrape(OLD.METRICS_TOKEN), await before.scrape(NEW.METRICS_TOKEN)]).toEqual([
      200, 401,
    ]);
    const signedIn = await before.signIn(SYSTEM_PASSWORD);
    const changed = await before.call('POST /api/auth/password/change', {
      as: String(signedIn.body['token']),
      body: { currentPassword: SYSTEM_PASSWORD, newPassword: NEW.SYSTEM_PASSWORD },
    });
    expect(changed.status).toBe(204);
    await mails.received(2);
    // The old password of the mail server ends too early: the mail waits
    const { port } = mails;
    await mails.stop();
    mails = await MailServer.start({ port, password: NEW.SMTP_PASSWORD });
    await before.register('Bob');
    await before.program.logged('the mail server cannot be used, mails wait');
    await before.stop();

    const during = await start({
      JWT_SECRET: NEW.JWT_SECRET,
      JWT_SECRET_PREVIOUS: OLD.JWT_SECRET,
      METRICS_TOKEN: NEW.METRICS_TOKEN,
      smtp: NEW.SMTP_PASSWORD,
    });
    expect([await during.scrape(OLD.METRICS_TOKEN), await during.scrape(NEW.METRICS_TOKEN)]).toEqual([
      401, 200,
    ]);
    expect((await during.signIn(OLD.SYSTEM_PASSWORD)).status).toBe(401);
    expect((await during.signIn(NEW.SYSTEM_PASSWORD)).status).toBe(200);
    expect((await during.call('GET /api/auth/me', { as: adas })).status).toBe(200);
    const renewed = await during.call('POST /api/auth/refresh', { cookies: ada.cookies });
    expect(renewed.status).toBe(200);
    const [bobs] = await mails.received(1);
    expect(bobs?.to).toEqual(['bob@example.com']);
    await during.stop();

    // A variable that is left in place, or set to another value, changes no password
    const after = await start({ JWT_SECRET: NEW.JWT_SECRET, ...operator, smtp: NEW.SMTP_PASSWORD });
    const old = await after.call('GET /api/auth/me', { as: adas });
    expect(old).toMatchObject({ status: 401, body: { code: 'invalid_token' } });
    expect((await after.call('GET /api/auth/me', { cookies: renewed.cookies })).status).toBe(200);
    expect((await after.signIn(OLD.SYSTEM_PASSWORD)).status).toBe(401);
    expect((await after.signIn(NEW.SYSTEM_PASSWORD)).status).toBe(200);
    expect(await after.scrape(NEW.METRICS_TOKEN)).toBe(404);
    await after.stop();
  });
});
