import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { expectAllAsAnswered } from './support/sqlite-audit.ts';
import { BankProcess, openPayers, Workload } from './support/sqlite-process.ts';

const TRANSFERS = 500;
const IN_FLIGHT = 16;
const FUNDS = 500n;

const folder = await mkdtemp(join(tmpdir(), 'passbook-'));
const path = join(folder, 'bank.db');
afterAll(() => rm(folder, { recursive: true }));

describe('two processes that write to one file', () => {
  it("see each other's changes, and neither waits forever, with and without a writing thread", async () => {
    const payers = await openPayers(path, FUNDS);
    const workloads = ['first', 'second'].map((name) => new Workload(name, payers));
    await Promise.all(
      workloads.map((workload, index) => work(new BankProcess(), workload, index === 0 ? 0 : Infinity)),
    );

    expect(workloads.map(({ results }) => results.size)).toEqual([TRANSFERS, TRANSFERS]);
    await expectAllAsAnswered(path, { workloads, payers, funds: FUNDS });
  });
});

async function work(bank: BankProcess, workload: Workload, threadThreshold: number): Promise<void> {
  let left = TRANSFERS;
  const faults: string[] = [];
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));

  await bank.open(path, threadThreshold, (report) => {
    if ('failed' in report) faults.push(report.failed);
    else workload.answered(report.key, report.result);
    if (faults.length > 0 || workload.results.size === TRANSFERS) end();
    else next();
  });
  for (let count = 0; count < IN_FLIGHT; count++) next();
  await ended;
  await bank.close();
  expect(faults).toEqual([]);

  function next(): void {
    if (left === 0) return;
    left -= 1;
    const { actor, request } = workload.next();
    bank.transfer(actor, request);
  }
}
