import { beforeEach, describe, expect, test } from 'vitest';
import { RecentTrialBalances } from '../../../src/application/reporting/recent-trial-balance.ts';
import type { TrialBalanceView } from '../../../src/application/reporting/get-trial-balance.ts';
import { FixedClock } from '../../../src/testing/fixtures/builders.ts';
import { RecordingLog } from '../../support/people.ts';

const AUDITOR = { kind: 'auditor', id: 'grace' } as const;

describe('the recent trial balance', () => {
  let clock: FixedClock;
  let log: RecordingLog;
  /** The computations that were begun, which a test ends. */
  let begun: { end: (trial: TrialBalanceView) => void; fail: (error: Error) => void }[];
  let recent: RecentTrialBalances;

  beforeEach(() => {
    clock = new FixedClock();
    log = new RecordingLog();
    begun = [];
    const compute = () =>
      new Promise<TrialBalanceView>((resolve, reject) => begun.push({ end: resolve, fail: reject }));
    recent = new RecentTrialBalances({ compute, clock, log, patienceMs: 1 });
  });

  function trialAt(at: number): TrialBalanceView {
    return { at, final: false, currencies: [] };
  }

  /** Ends the newest computation after it took some time, with the books of its begin. */
  function takes(ms: number): TrialBalanceView {
    const trial = trialAt(clock.now());
    clock.advance(ms);
    begun.at(-1)?.end(trial);
    return trial;
  }

  test('is computed once for all readers, none of whom waits for long', async () => {
    const nothing = { trial: null, isRunning: true };
    expect(await Promise.all([recent.read(AUDITOR), recent.read(AUDITOR)])).toEqual([nothing, nothing]);
    expect(begun).toHaveLength(1);
    const trial = takes(5_000);
    expect(await recent.read(AUDITOR)).toEqual({ trial, isRunning: false });
  });

  test('is new for each reader where that takes no time', async () => {
    const first = recent.read(AUDITOR);
    const trial = takes(0);
    expect(await first).toEqual({ trial, isRunning: false });
    const second = recent.read(AUDITOR);
    const next = takes(0);
    expect((await second).trial).toBe(next);
  });

  test('is kept for twenty times as long as it took, and shown while the next is computed', async () => {
    await recent.read(AUDITOR);
    const trial = takes(1_000);
    await recent.read(AUDITOR);
    clock.advance(19_999);
    expect(await recent.read(AUDITOR)).toEqual({ trial, isRunning: false });
    clock.advance(1);
    expect(await recent.read(AUDITOR)).toEqual({ trial, isRunning: true });
    expect(begun).toHaveLength(2);
  });

  test('that fails leaves the last one, and is tried again by the next reader', async () => {
    const first = recent.read(AUDITOR);
    const trial = takes(0);
    await first;
    const second = recent.read(AUDITOR);
    begun[1]?.fail(new Error('gone'));
    expect(await second).toEqual({ trial, isRunning: false });
    expect(await recent.read(AUDITOR)).toEqual({ trial, isRunning: true });
    expect(begun).toHaveLength(3);
    expect(log.lines).toEqual(['error: the trial balance could not be computed']);
  });

  test('is not for customers', async () => {
    await expect(recent.read({ kind: 'user', id: 'ada' })).rejects.toMatchObject({ code: 'forbidden' });
    expect(begun).toHaveLength(0);
  });
});
