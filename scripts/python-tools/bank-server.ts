import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const SYSTEM = { email: 'system@passbook.localhost', password: 'correct horse battery' };

export type BankServer = {
  readonly url: string;
  /** A folder that is removed when the server stops. */
  readonly directory: string;
  readonly stop: () => void;
};

/** Starts the built server on SQLite in a folder of its own. */
export async function startBankServer(): Promise<BankServer> {
  const directory = mkdtempSync(join(tmpdir(), 'passbook-'));
  const port = 20_000 + (process.pid % 10_000);
  const url = `http://127.0.0.1:${port}`;
  const server = spawn(process.execPath, ['dist/main.js'], {
    cwd: fileURLToPath(new URL('../../', import.meta.url)),
    env: {
      PATH: process.env['PATH'],
      PORT: String(port),
      STORE: 'sqlite',
      DATA_DIR: directory,
      LOG_LEVEL: 'fatal',
      SYSTEM_EMAIL: SYSTEM.email,
      SYSTEM_PASSWORD: SYSTEM.password,
      ACCOUNTS_PER_USER: '10000',
      REQUESTS_PER_MINUTE: '0',
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  while (server.exitCode === null) {
    const response = await fetch(`${url}/readyz`).catch(() => undefined);
    if (response?.ok) {
      const stop = () => {
        server.kill();
        rmSync(directory, { recursive: true, force: true });
      };
      return { url, directory, stop };
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('The server did not start');
}
