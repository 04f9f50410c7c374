import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LogLines } from '../../src/log-lines.ts';
import { compiled } from '../support/program.ts';

/** Their lines are more than any pipe holds. */
const REQUESTS = 1000;

/** A pipe that takes `room` bytes until it is read. */
class Pipe {
  read = '';
  room = 0;
  fault: Error | undefined;

  write(bytes: Uint8Array): number {
    if (this.fault) throw this.fault;
    if (this.room === 0) throw Object.assign(new Error('try again'), { code: 'EAGAIN' });
    const taken = Math.min(this.room, bytes.length);
    this.room -= taken;
    this.read += Buffer.from(bytes.subarray(0, taken)).toString();
    return taken;
  }
}

describe('lines of the log', () => {
  let pipe: Pipe;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    pipe = new Pipe();
  });
  afterEach(() => vi.useRealTimers());

  it('are written before the call returns', () => {
    pipe.room = 100;
    new LogLines(pipe).write('one\n');
    expect(pipe.read).toBe('one\n');
  });

  it('wait in order for a reader that has stopped, and come whole', () => {
    const lines = new LogLines(pipe);
    pipe.room = 5;
    for (const line of ['one\n', 'two\n', 'three\n']) lines.write(line);
    expect(pipe.read).toBe('one\nt');
    pipe.room = 100;
    lines.write('four\n');
    vi.advanceTimersByTime(50);
    expect(pipe.read).toBe('one\ntwo\nthree\nfour\n');
  });

  it('beyond a bound are dropped and counted', () => {
    const lines = new LogLines(pipe, 10);
    for (let number = 0; number < 5; number++) lines.write(`line${number}\n`);
    pipe.room = 1000;
    vi.advanceTimersByTime(50);
    const [first, counted, ...more] = pipe.read.trimEnd().split('\n');
    expect(first).toBe('line0');
    expect(JSON.parse(counted ?? '')).toMatchObject({ level: 'warn', dropped: 4 });
    expect(more).toEqual([]);
  });

  it('of its own are shown like the others', () => {
    const lines = new LogLines(pipe, 10, (line) => `shown: ${line}`);
    for (const line of ['line0\n', 'line1\n']) lines.write(line);
    pipe.room = 1000;
    vi.advanceTimersByTime(50);
    expect(pipe.read).toMatch(/^line0\nshown: \{.*"dropped":1/);
  });

  it('that nobody reads any more disturb nothing', () => {
    const lines = new LogLines(pipe);
    pipe.fault = Object.assign(new Error('broken pipe'), { code: 'EPIPE' });
    lines.write('lost\n');
    lines.flush({ mostMs: 0 });
    pipe.fault = undefined;
    pipe.room = 1000;
    lines.write('kept\n');
    expect(pipe.read).toContain('kept\n');
  });

  it('are given up at the end of the process after a time', () => {
    const lines = new LogLines(pipe);
    lines.write('one\n');
    lines.flush({ mostMs: 10 });
    expect(pipe.read).toBe('');
  });
});

describe('a server whose log nobody reads', () => {
  let folder: string;
  let server: ChildProcess | undefined;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'passbook-log-'));
  });
  afterEach(async () => {
    server?.kill('SIGKILL');
    await rm(folder, { recursive: true });
  });

  async function start(stderr: 'pipe' | number, env: Record<string, string> = {}): Promise<string> {
    server = spawn(process.execPath, [compiled('src/main.ts')], {
      env: {
        PATH: process.env['PATH'],
        DATA_DIR: folder,
        PORT: '0',
        STORE: 'memory',
        LOG_LEVEL: 'debug',
        ...env,
      },
      stdio: ['ignore', 'pipe', stderr],
    });
    for await (const line of createInterface({ input: server.stdout! })) {
      const [, origin] = /^Passbook listens on (http:\S+)$/.exec(line) ?? [];
      if (origin !== undefined) return origin;
    }
    throw new Error('The server has ended');
  }

  /** Each request is a line. */
  async function talk(origin: string): Promise<void> {
    for (let count = 0; count < REQUESTS; count += 100) {
      const answers = Array.from({ length: 100 }, async () => (await fetch(`${origin}/healthz`)).text());
      expect(new Set(await Promise.all(answers))).toEqual(new Set(['{"status":"ok"}']));
    }
  }

  it('goes on where it is a pipe, and all lines come once it is read', async () => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    const reader = spawn('cat', [path], { stdio: ['ignore', 'pipe', 'inherit'] });
    const writing = openSync(path, 'w');
    const origin = await start(writing);
    closeSync(writing);
    reader.kill('SIGSTOP');
    await talk(origin);

    reader.kill('SIGCONT');
    let requests = 0;
    for await (const line of createInterface({ input: reader.stdout })) {
      if (line.includes('"msg":"request"')) requests++;
      if (requests === REQUESTS) break;
    }
    expect(requests).toBe(REQUESTS);
    const ended = once(server!, 'exit');
    server!.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  it('goes on where it is a socket and the lines are for people, and ends in order', async () => {
    const origin = await start('pipe', { LOG_FORMAT: 'pretty' });
    await talk(origin);
    const ended = once(server!, 'exit');
    server!.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });
});
