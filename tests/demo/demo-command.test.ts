import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import { Program } from '../support/program.ts';

const SMALL = ['--people', '4', '--months', '2'];

type Entry = {
  readonly direction: string;
  readonly at: string;
  readonly counterparty?: { readonly name: string };
};

describe('the demo command', () => {
  let folder: string;
  const programs: Program[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'passbook-demo-command-'));
  });
  afterEach(async () => {
    for (const program of programs.splice(0)) await program.dispose();
    await rm(folder, { recursive: true });
  });

  /** Starts the command with its temporary files in the test's folder. */
  function start(args: readonly string[], env: Record<string, string> = {}): Program {
    const program = new Program('src/cli.ts', { args: ['demo', ...args], env: { TMPDIR: folder, ...env } });
    programs.push(program);
    return program;
  }

  async function linkOf(program: Program): Promise<string> {
    return program.until(() => /^ {2}sign in: +(http:\S+)\n/m.exec(program.stdout)?.[1]);
  }

  /** Presses a button of the page. Returns the cookies that it sets. */
  async function pressed(link: string, title: string): Promise<string> {
    const page = await (await fetch(link)).text();
    const [, as = ''] =
      new RegExp(`name="as" value="([^"]+)"/?><button[^>]*aria-label="Sign in as ${title}`).exec(page) ?? [];
    const answer = await post(link, as);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/']);
    return answer.headers
      .getSetCookie()
      .map((cookie) => cookie.split(';')[0])
      .join('; ');
  }

  function post(link: string, as: string, headers: Record<string, string> = {}): Promise<Response> {
    const body = new URLSearchParams({ as });
    return fetch(link, { method: 'POST', body, redirect: 'manual', headers });
  }

  async function read<T>(link: string, path: string, cookie: string): Promise<T> {
    return (await (await fetch(new URL(path, link), { headers: { cookie } })).json()) as T;
  }

  /** Holds the page to its own link, and to forms of its own site. */
  async function expectClosedToOthers(link: string): Promise<void> {
    expect(link).toMatch(/\/demo\/[\w-]{32}$/);
    const page = await fetch(link);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.headers.get('cache-control')).toBe('no-store');
    const [, as = ''] = /name="as" value="([^"]+)"/.exec(await page.text()) ?? [];

    const other = `${link.slice(0, -1)}${link.endsWith('A') ? 'B' : 'A'}`;
    expect((await fetch(other)).status).toBe(404);
    const answers = [
      await post(other, as),
      await post(link, 'nobody@people.example'),
      await post(link, as, { origin: 'http://evil.example' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 403]);
    expect(answers.flatMap(({ headers }) => headers.getSetCookie())).toEqual([]);
  }

  async function refusedWith(
    args: readonly string[],
    { env = {}, code = 1 }: { env?: Record<string, string>; code?: number } = {},
  ): Promise<string> {
    const program = start(args, env);
    expect(await program.ended).toEqual({ code, signal: null });
    expect(program.stdout).toBe('');
    return program.stderr;
  }

  it('signs people in by its link alone, lets money arrive, and removes its files at the end', async () => {
    const program = start([...SMALL, '--port', '0']);
    const link = await linkOf(program);
    const startedAt = Date.now();
    expect(program.stdout).toContain('play money');
    await expectClosedToOthers(link);

    const mara = await pressed(link, 'Mara Lindqvist');
    const { accounts } = await read<{ accounts: { id: string; name: string }[] }>(
      link,
      '/api/accounts',
      mara,
    );
    expect(accounts.map(({ name }) => name)).toEqual(['Everyday', 'Rainy days', 'Dollars for New York']);
    const arrived = async (): Promise<Entry | undefined> => {
      const path = `/api/accounts/${accounts[0]?.id}/entries?limit=20`;
      const { entries } = await read<{ entries: Entry[] }>(link, path, mara);
      return entries.find(({ direction, at }) => direction === 'credit' && Date.parse(at) > startedAt);
    };
    let entry = await arrived();
    while (!entry) entry = await arrived();
    expect(entry.counterparty?.name).toMatch(/\w/);

    const operator = await pressed(link, 'The operator');
    const { user } = await read<{ user: { role: string } }>(link, '/api/auth/me', operator);
    expect(user.role).toBe('system');

    expect((await readdir(folder)).filter((name) => name.startsWith('passbook-demo-'))).toHaveLength(1);
    program.kill('SIGINT');
    program.kill('SIGINT');
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(await readdir(folder)).toEqual([]);
    expect(program.stderr).toBe('');
  });

  it('keeps its books in a file, and continues them with the passwords that they have', async () => {
    const keep = ['--keep', join(folder, 'kept.db'), '--port', '0'];
    const first = start([...SMALL, ...keep]);
    await linkOf(first);
    first.kill('SIGTERM');
    expect(await first.ended).toEqual({ code: 0, signal: null });
    expect((await readdir(folder)).filter((name) => name.startsWith('passbook-demo-'))).toEqual([]);

    const second = start(keep);
    const cookie = await pressed(await linkOf(second), 'Mara Lindqvist');
    expect(second.stdout).toContain('continued from the last run');
    expect(cookie).toContain('session=');
  });

  it('leaves a file alone that is no demo', async () => {
    const bank = join(folder, 'bank.db');
    await (await openSqliteStore({ path: bank })).close();
    const before = await readFile(bank);
    const files = `${bank}.files`;
    expect(await refusedWith([...SMALL, '--keep', bank])).toBe(
      `passbook: ${bank} is not the file of a demo: there is no ${join(files, 'demo.json')}\n`,
    );
    expect(await readFile(bank)).toEqual(before);
    expect(existsSync(files)).toBe(false);

    await mkdir(files);
    await writeFile(join(files, 'demo.json'), '{"people":"many"}');
    expect(await refusedWith([...SMALL, '--keep', bank])).toBe(
      `passbook: ${join(files, 'demo.json')} is damaged\n`,
    );
    await writeFile(join(files, 'demo.json'), '{"people":4,"months":2,"seed":1}');
    expect(await refusedWith([...SMALL, '--keep', bank])).toContain('The password of the demo is missing');
    expect(await readFile(bank)).toEqual(before);
  });

  it('removes a file that it could not finish', async () => {
    const keep = join(folder, 'kept.db');
    const program = start(['--people', '40', '--keep', keep, '--port', '0']);
    while (!existsSync(keep)) await new Promise<void>((resolve) => setImmediate(resolve));
    program.kill('SIGINT');
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(program.stdout).toBe('');
    expect(await readdir(folder)).toEqual([]);
  });

  it('refuses production, a port that is taken and numbers out of range', async () => {
    expect(await refusedWith(SMALL, { env: { NODE_ENV: 'production' } })).toMatch(/NODE_ENV=production/);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await refusedWith([...SMALL, '--port', port.toString()])).toContain(`Port ${port} is taken`);
    server.close();
    expect(await refusedWith(['--people', '3'], { code: 2 })).toContain(
      'It must be an integer from 4 to 412',
    );
    expect(await refusedWith(['--months', '1'], { code: 2 })).toContain('It must be an integer from 2 to 60');
    expect(await readdir(folder)).toEqual([]);
  });
});
