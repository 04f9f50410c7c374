import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../src/adapters/memory/index.ts';
import { SessionSweeper } from '../../../src/application/jobs/session-sweeper.ts';
import { anApiKey, aSession, aUser, FixedClock } from '../../../src/testing/fixtures/builders.ts';
import { RecordingLog } from '../../support/people.ts';

const DAY_MS = 86_400_000;

describe('the sweeper of sessions', () => {
  it('deletes what ended or expired 30 days ago, in units of a bounded size', async () => {
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
    // Three units for the sessions, and one for the credentials
    expect([await sweeper.sweep(), units]).toEqual([7, 4]);
    expect(await sweeper.sweep()).toBe(0);
    clock.advance(1);
    expect(await sweeper.sweep()).toBe(1);
  });

  it('deletes credentials that expired, and no other', async () => {
    const clock = new FixedClock();
    const { unitOfWork } = createMemoryStore();
    const expiring = [clock.now() - 1, clock.now(), clock.now() + 1, null].map((expiresAt) =>
      anApiKey({ expiresAt }),
    );
    await unitOfWork.run(async ({ credentials }) => {
      for (const credential of expiring) await credentials.insert(credential);
    });

    await new SessionSweeper({ unitOfWork, clock, log: new RecordingLog() }, { batch: 1 }).sweep();

    const left = await unitOfWork.run(({ credentials }) =>
      Promise.all(expiring.map(({ id }) => credentials.find(id))),
    );
    expect(left).toEqual([undefined, undefined, expiring[2], expiring[3]]);
  });

  it('sweeps when it starts, and warns where it cannot', async () => {
    const log = new RecordingLog();
    const unitOfWork = {
      transact: () => Promise.reject(new Error('down')),
      run: () => Promise.reject(new Error('down')),
    };
    const sweeper = new SessionSweeper({ unitOfWork, clock: new FixedClock(), log });
    sweeper.start();
    await sweeper.stop();
    expect(log.lines).toEqual(['warn: old sessions could not be deleted, will try again']);
  });
});
