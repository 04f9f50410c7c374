import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { expectAllAsAnswered } from './support/sqlite-audit.ts';
import { BankProcess, openPayers, Workload } from './support/sqlite-process.ts';

const TRANSFERS = 2000;
const IN_FLIGHT = 16;
const FUNDS = 500n;

const folder = await mkdtemp(join(tmpdir(), 'passbook-'));
const path = join(folder, 'bank.db');
afterAll(() => rm(folder, { recursive: true }));

describe('two processes that write to one file', () => {
  it("see each other's changes, and neither waits forever, with and without a writing thread", async () => {
    const payers = await openPayers(path, FUNDS);
    const workloads = ['first', 'second'].map((name) => new Workload(name, payers));
    const bothOpen = new Barrier(workloads.length);
    await Promise.all(
      workloads.map((workload, index) =>
        work(new BankProcess(), { workload, threadThreshold: index === 0 ? 0 : Infinity, bothOpen }),
      ),
    );

    expect(workloads.map(({ results }) => results.size)).toEqual([TRANSFERS, TRANSFERS]);
    await expectAllAsAnswered(path, { workloads, payers, funds: FUNDS });
  });
});

/** Resolves for all once `count` have arrived. */
class Barrier {
  #missing: number;
  #open = (): void => undefined;
  readonly #opened = new Promise<void>((resolve) => (this.#open = resolve));

  constructor(count: number) {
    this.#missing = count;
  }

  arrive(): Promise<void> {
    this.#missing -= 1;
    if (this.#missing === 0) this.#open();
    return this.#opened;
  }
}

async function work(
  bank: BankProcess,
  { workload, threadThreshold, bothOpen }: { workload: Workload; threadThreshold: number; bothOpen: Barrier },
): Promise<void> {
  let left = TRANSFERS;
  const faults: string[] = [];
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));

  await bank.open(path, threadThreshold, (report) => {
    if ('failed' in report) faults.push(report.failed);
    else workload.answered(report.key, report.result);
    if (faults.length > 0 || workload.results.size === TRANSFERS) end();
    else if (workload.results.size === 1) void bothOpen.arrive().then(fill);
    else next();
  });
  // Its answer tells that the bank is open
  next();
  await ended;
  await bank.close();
  expect(faults).toEqual([]);

  function fill(): void {
    for (let count = 0; count < IN_FLIGHT; count++) next();
  }

  function next(): void {
    if (left === 0) return;
    left -= 1;
    const { actor, request } = workload.next();
    bank.transfer(actor, request);
  }
}
