import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../src/adapters/memory/index.ts';
import { SessionSweeper } from '../../../src/application/jobs/session-sweeper.ts';
import { anApiKey, aSession, aUser, FixedClock } from '../../../src/testing/fixtures/builders.ts';
import { RecordingLog } from '../../support/people.ts';

const DAY_MS = 86_400_000;

describe('the sweeper of sessions', () => {
  it('deletes sessions 30 days after they end or expire, in units of a bounded size', async () => {
    const clock = new FixedClock();
    const { unitOfWork } = createMemoryStore();
    const user = aUser();
    const expiresAt = clock.now() - 30 * DAY_MS;
    await unitOfWork.run(async ({ users, sessions }) => {
      await users.insert(user, 'hash');
      for (let count = 0; count < 7; count++) {
        await sessions.insert(aSession({ userId: user.id, expiresAt, endedAt: null }));
      }
      await sessions.insert(aSession({ userId: user.id, expiresAt: expiresAt + 1, endedAt: null }));
    });
    let units = 0;
    const counted: typeof unitOfWork = {
      transact: (...terms) => unitOfWork.transact(...terms),
      run: (work) => {
        units += 1;
        return unitOfWork.run(work);
      },
    };
    const sweeper = new SessionSweeper({ unitOfWork: counted, clock, log: new RecordingLog() }, { batch: 3 });
    expect([await sweeper.sweep(), units]).toEqual([7, 4]);
    expect(await sweeper.sweep()).toBe(0);
    clock.advance(1);
    expect(await sweeper.sweep()).toBe(1);
  });

  it('deletes credentials that expired 30 days ago, and keeps those that do not expire', async () => {
    const clock = new FixedClock();
    const { unitOfWork } = createMemoryStore();
    const user = aUser();
    const expired = anApiKey({
      userId: user.id,
      expiresAt: clock.now() - 30 * DAY_MS,
    });
    const kept = [
      anApiKey({ userId: user.id, expiresAt: clock.now() - 30 * DAY_MS + 1 }),
      anApiKey({ userId: user.id, expiresAt: null }),
    ];
    await unitOfWork.run(async ({ users, credentials }) => {
      await users.insert(user, 'hash');
      for (const one of [expired, ...kept]) await credentials.insert(one);
    });

    expect(await new SessionSweeper({ unitOfWork, clock, log: new RecordingLog() }).sweep()).toBe(1);
    expect(await unitOfWork.run(({ credentials }) => credentials.ofUser(user.id, 'api_key'))).toStrictEqual(
      kept,
    );
  });

  it('sweeps when it starts, and logs a warning if it fails', async () => {
    const log = new RecordingLog();
    const unitOfWork = {
      transact: () => Promise.reject(new Error('down')),
      run: () => Promise.reject(new Error('down')),
    };
    const sweeper = new SessionSweeper({ unitOfWork, clock: new FixedClock(), log });
    sweeper.start();
    await sweeper.stop();
    expect(log.lines).toEqual(['warn: old sessions and credentials could not be deleted, will try again']);
  });
});
