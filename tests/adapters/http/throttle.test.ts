import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SignInThrottle } from '../../../src/adapters/http/middleware/sign-in-throttle.ts';
import type { ThrottleCounts } from '../../../src/application/ports/throttle-counts.ts';
import { PassbookError } from '../../../src/domain/errors.ts';
import { Edge, PASSWORD } from '../../support/edge.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});

afterEach(() => {
  vi.useRealTimers();
});

/** The code of the refusal with its wait in seconds, or `done`. */
async function outcomeOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
    return 'done';
  } catch (error) {
    if (!(error instanceof PassbookError)) throw error;
    return [error.code, error.facts.retryAfterSeconds ?? []].flat().join(' ');
  }
}

describe('A guarded proof', () => {
  const fail = async () => {
    throw new PassbookError('invalid_credentials');
  };
  const succeed = async () => 'proven';
  const alice = { kind: 'second factor', who: 'alice' };

  test('waits after five failures, longer with each', async () => {
    const throttle = new SignInThrottle();
    const guess = (as = alice) => outcomeOf(throttle.guard(as, fail));
    for (let count = 0; count < 6; count++) expect(await guess()).toBe('invalid_credentials');
    for (const seconds of [1, 2, 4]) {
      expect(await guess()).toBe(`too_many_requests ${seconds}`);
      vi.advanceTimersByTime(seconds * 1_000);
      expect(await guess()).toBe('invalid_credentials');
    }

    expect(await guess({ ...alice, who: 'bob' })).toBe('invalid_credentials');
    expect(await guess({ ...alice, kind: 'passkey' })).toBe('invalid_credentials');
  });

  test('starts anew after a success, and answers what it is asked', async () => {
    const throttle = new SignInThrottle();
    for (let round = 0; round < 3; round++) {
      for (let count = 0; count < 5; count++) await outcomeOf(throttle.guard(alice, fail));
      expect(await throttle.guard(alice, succeed)).toBe('proven');
    }
  });

  test('counts the error that the caller names, and no other', async () => {
    const throttle = new SignInThrottle();
    const names = { ...alice, wrong: 'invalid_token' } as const;
    const guess = (code: 'invalid_token' | 'unavailable') =>
      outcomeOf(throttle.guard(names, () => Promise.reject(new PassbookError(code))));
    for (let count = 0; count < 20; count++) expect(await guess('unavailable')).toBe('unavailable');
    for (let count = 0; count < 6; count++) expect(await guess('invalid_token')).toBe('invalid_token');
    expect(await guess('invalid_token')).toBe('too_many_requests 1');
  });
});

describe('A quota', () => {
  const quota = { points: 2, seconds: 60 };

  test('has its points, and has them again when its time is over', async () => {
    const throttle = new SignInThrottle();
    const take = () => outcomeOf(throttle.consume('mail', { id: 'a' }, quota));
    expect([await take(), await take()]).toEqual(['done', 'done']);
    vi.advanceTimersByTime(20_500);
    expect([await take(), await take()]).toEqual(['too_many_requests 40', 'too_many_requests 40']);
    vi.advanceTimersByTime(39_500);
    expect(await take()).toBe('done');
  });

  test('is one for each kind, address and id', async () => {
    const throttle = new SignInThrottle();
    const one = { ...quota, points: 1 };
    const take = async (kind: string, who: Parameters<SignInThrottle['consume']>[1]) =>
      (await outcomeOf(throttle.consume(kind, who, one))) === 'done';
    expect(await take('mail', { email: 'Alice@Example.com' })).toBe(true);
    expect(await take('mail', { email: ' alice@example.com' })).toBe(false);
    expect(await take('code', { email: 'alice@example.com' })).toBe(true);
    expect(await take('mail', { id: 'alice@example.com' })).toBe(true);
    expect(await take('mail', { address: '2001:db8::1' })).toBe(true);
    expect(await take('mail', { address: '2001:db8::ffff' })).toBe(false);
    expect(await take('mail', { address: '2001:db8:0:1::1' })).toBe(true);
  });

  test('of an IPv6 site is that of ten networks', async () => {
    const throttle = new SignInThrottle();
    const outcomes: string[] = [];
    for (let network = 0; network < 25; network++) {
      outcomes.push(
        await outcomeOf(throttle.consume('mail', { address: `2001:db8:1:${network}::1` }, quota)),
      );
    }
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(20);
  });
});

describe('A familiar network', () => {
  test('stays familiar for a week after the latest sign-in from it', async () => {
    const edge = new Edge({ app: { throttle: { failuresPerAddress: 0 } } });
    const email = 'alice@example.com';
    const address = '192.0.2.1';
    const signIn = async () =>
      (await edge.call('POST /api/auth/login', { body: { email, password: PASSWORD }, address })).status;
    await edge.call('POST /api/auth/register', {
      body: { name: 'Alice', email, password: PASSWORD },
      address,
    });
    for (let time = 0; time < 4; time++) {
      vi.advanceTimersByTime(6 * 86_400_000);
      expect(await signIn()).toBe(200);
    }
    vi.advanceTimersByTime(7 * 86_400_000);
    expect(await signIn()).toBe(429);
  });
});

describe('Without the database', () => {
  /** Counts that cannot be reached, with the number of times that somebody tried. */
  function lostCounts() {
    const lost = { tries: 0 };
    const fail = () => {
      lost.tries++;
      return Promise.reject(new PassbookError('unavailable'));
    };
    const counts: ThrottleCounts = { add: fail, takeBack: fail, find: fail, delete: fail };
    return { lost, counts };
  }

  test('a server counts for itself, and tries again after five seconds', async () => {
    const { lost, counts } = lostCounts();
    const edge = new Edge({ app: { throttle: { shared: counts } } });
    const { email } = await edge.register();
    const signIn = async (password: string) =>
      (await edge.call('POST /api/auth/login', { body: { email, password } })).status;

    const statuses = [await signIn(PASSWORD)];
    for (let count = 0; count < 7; count++) statuses.push(await signIn('wrong'));
    expect(statuses).toEqual([200, 401, 401, 401, 401, 401, 401, 429]);
    expect(lost.tries).toBe(1);

    vi.advanceTimersByTime(5_000);
    expect(await signIn(PASSWORD)).toBe(200);
    expect(lost.tries).toBe(2);
  });

  test('a mistake of the program is not covered up', async () => {
    const broken = () => Promise.reject(new TypeError('broken'));
    const shared: ThrottleCounts = { add: broken, takeBack: broken, find: broken, delete: broken };
    const taken = new SignInThrottle({ shared }).consume('mail', { id: 'a' }, { points: 1, seconds: 1 });
    await expect(taken).rejects.toThrow('broken');
  });
});
