import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import { Program } from '../support/program.ts';
import { BankProcess, openPayers, Workload } from './support/sqlite-process.ts';

const IN_FLIGHT = 16;
/** Acknowledged before the backup begins. */
const BEFORE = 100;

const folder = await mkdtemp(join(tmpdir(), 'passbook-drill-'));
const path = join(folder, 'bank.db');
const backup = join(folder, 'backup.db');
afterAll(() => rm(folder, { recursive: true }));

async function passbook(...args: string[]): Promise<string> {
  const program = new Program('src/cli.ts', { args, env: { DATA_DIR: folder, DATABASE_PATH: path } });
  const { code } = await program.ended;
  expect({ args, code, error: program.stderr.match(/^passbook: .*/m)?.[0] }).toEqual({ args, code: 0 });
  return program.stdout;
}

it('a backup of a bank under load restores every transfer acknowledged before it began', async () => {
  const payers = await openPayers(path, 500n);
  const workload = new Workload('drill', payers);
  const faults: string[] = [];
  let hasWorked = (): void => undefined;
  const worked = new Promise<void>((resolve) => (hasWorked = resolve));
  const bank = new BankProcess();
  const next = () => {
    const { actor, request } = workload.next();
    bank.transfer(actor, request);
  };
  await bank.open(path, 0, (report) => {
    if ('failed' in report) faults.push(report.failed);
    else workload.answered(report.key, report.result);
    if (workload.results.size >= BEFORE || faults.length > 0) hasWorked();
    next();
  });
  for (let count = 0; count < IN_FLIGHT; count++) next();
  await worked;

  const acknowledged = [...workload.results.values()];
  await passbook('backup', backup);
  const duringBackup = workload.results.size - acknowledged.length;
  await bank.kill();
  for (const name of await readdir(folder)) {
    if (name.startsWith('bank.db')) await rm(join(folder, name));
  }
  await passbook('restore', backup);

  expect(faults).toEqual([]);
  expect(duringBackup).toBeGreaterThan(0);
  expect(JSON.parse(await passbook('verify', '--json'))).toMatchObject({ ok: true, faults: [] });
  const store = await openSqliteStore({ path });
  const missing: string[] = [];
  for (const { result } of acknowledged) {
    const id = result.ok ? result.transfer.transferId : String(result.transferId);
    const restored = await store.reads.transfer(id);
    if (restored?.status !== (result.ok ? 'completed' : 'rejected')) missing.push(id);
  }
  await store.close();
  expect(missing).toEqual([]);
});
