import { describe, expect, test } from 'vitest';
import { VerificationRuns } from '../../../src/application/proofs/verification-runs.ts';
import type { Verification, VerifyRequest } from '../../../src/application/proofs/verify-books.ts';
import { FixedClock } from '../../../src/testing/fixtures/builders.ts';
import { RecordingLog } from '../../support/people.ts';

const COUNTED = { accounts: 1, entries: 2, transfers: 1, records: 1, auditRecords: 0 };

/** A verification that a test ends. */
function runs() {
  const clock = new FixedClock();
  const log = new RecordingLog();
  const begun: {
    request: VerifyRequest;
    end: (result: Verification) => void;
    fail: (error: Error) => void;
  }[] = [];
  const verify = (request: VerifyRequest) =>
    new Promise<Verification>((resolve, reject) => begun.push({ request, end: resolve, fail: reject }));
  return { clock, log, begun, verification: new VerificationRuns({ verify, clock, log }) };
}

describe('verification in the background', () => {
  test('runs once at a time, shows its progress and keeps its result', async () => {
    const { clock, begun, log, verification } = runs();
    expect([verification.running, verification.last]).toEqual([null, null]);
    verification.start();
    verification.start();
    expect(begun).toHaveLength(1);
    const startedAt = clock.now();
    begun[0]?.request.onProgress?.(COUNTED);
    expect(verification.running).toEqual({ startedAt, verified: COUNTED });

    clock.advance(5_000);
    const found = { faults: [], verified: COUNTED };
    begun[0]?.end(found);
    await verification.ended();
    expect(verification.running).toBeNull();
    expect(verification.last).toEqual({ startedAt, endedAt: startedAt + 5_000, found });
    expect(log.lines).toEqual(['info: the books are right']);
  });

  test('that fails is not a result, and can be begun again', async () => {
    const { begun, log, verification } = runs();
    verification.start();
    begun[0]?.fail(new Error('gone'));
    await verification.ended();
    expect(verification.last?.found).toBeNull();
    expect(log.lines).toEqual(['error: the verification of the books stopped']);

    verification.start();
    begun[1]?.end({ faults: [{ kind: 'account_head', count: 1 }], verified: COUNTED });
    await verification.ended();
    expect(verification.last?.found?.faults).toHaveLength(1);
    expect(log.lines.at(-1)).toBe('error: the books are not right');
  });
});
