import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import { createLedger } from '../../src/index.ts';
import { expectAllAsAnswered } from './support/sqlite-audit.ts';
import { BankProcess, openPayers, Workload } from './support/sqlite-process.ts';
import type { ReceivedReport } from './support/sqlite-process.ts';

const KILLS = 24;
/** Every fifth process is killed while it opens the database that the one before left. */
const KILLED_AT_OPENING = 5;
const IN_FLIGHT = 32;
const MOST_ANSWERS = 200;
const FUNDS = 500n;

const folder = await mkdtemp(join(tmpdir(), 'passbook-'));
const path = join(folder, 'bank.db');
afterAll(() => rm(folder, { recursive: true }));

describe('a bank that is killed repeatedly', () => {
  it(`loses no acknowledged transfer in ${KILLS} kills, repeats none, and has correct sums`, async () => {
    const payers = await openPayers(path, FUNDS);
    const workload = new Workload('kill', payers);
    const faults: string[] = [];
    let killedAtWork = 0;

    // The next process loads while this one lives, or most of the time would go into starting.
    let next = new BankProcess();
    for (let kill = 0; kill < KILLS; kill++) {
      const current = next;
      next = new BankProcess();
      // Every other one writes in a thread
      await live(current, {
        answers: kill % KILLED_AT_OPENING === 1 ? 0 : Math.random() * MOST_ANSWERS,
        threadThreshold: kill % 2 === 0 ? 0 : Infinity,
      });
      await sleep(Math.random() * 20);
      await current.kill();
      if (workload.unanswered.length > 0) killedAtWork += 1;
    }
    await settle(next);
    await replayAll();

    expect(faults).toEqual([]);
    expect(killedAtWork).toBeGreaterThan(KILLS / 2);
    expect(workload.results.size).toBeGreaterThan(KILLS * IN_FLIGHT);
    await expectAllAsAnswered(path, { workloads: [workload], payers, funds: FUNDS });

    /** Retries what the one before did not answer, then goes on with new ones; the first `answers` are awaited. */
    async function live(
      bank: BankProcess,
      { answers, threadThreshold }: { answers: number; threadThreshold: number },
    ): Promise<void> {
      const retries = workload.unanswered;
      let heard = 0;
      let hasLived = (): void => undefined;
      const life = new Promise<void>((resolve) => (hasLived = resolve));
      await bank.open(path, threadThreshold, (report) => {
        hear(report);
        heard += 1;
        if (heard >= answers || faults.length > 0) hasLived();
        const { actor, request } = workload.next();
        bank.transfer(actor, request);
      });
      for (const { actor, request } of retries) bank.transfer(actor, request);
      for (let count = retries.length; count < IN_FLIGHT; count++) {
        const { actor, request } = workload.next();
        bank.transfer(actor, request);
      }
      if (answers > 0) await life;
    }

    async function settle(bank: BankProcess): Promise<void> {
      await bank.open(path, 0, hear);
      for (const { actor, request } of workload.unanswered) bank.transfer(actor, request);
      while (workload.unanswered.length > 0 && faults.length === 0) await sleep(5);
      await bank.close();
    }

    function hear(report: ReceivedReport): void {
      if ('failed' in report) faults.push(report.failed);
      else if (!workload.answered(report.key, report.result)) faults.push(`${report.key} was answered anew`);
    }

    async function replayAll(): Promise<void> {
      const store = await openSqliteStore({ path });
      const ledger = createLedger({ store });
      for (const { request } of workload.results.values()) {
        const payer = payers.find(({ accountId }) => accountId === request.sourceAccountId)!;
        const result = await ledger.transferFunds(payer.actor, request);
        if (!result.replayed || !workload.answered(request.idempotencyKey, result)) {
          faults.push(`${request.idempotencyKey} was done anew`);
        }
      }
      await ledger.close();
      await store.close();
    }
  });
});
