import * as argon2 from '@node-rs/argon2';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createPasswordHasher } from '../../../src/adapters/security/index.ts';
import { hashesAtOnce } from '../../../src/adapters/security/password-hasher.ts';
import { Edge, PASSWORD } from '../../support/edge.ts';

// Records the calls of the real library
vi.mock('@node-rs/argon2', { spy: true });

afterEach(() => {
  vi.mocked(argon2.verify).mockReset();
});

describe('The work of hashing', () => {
  test('leaves a core, and a thread of the pool, for everything else', () => {
    expect([1, 2, 3, 4, 5, 64].map(hashesAtOnce)).toEqual([1, 1, 2, 3, 3, 3]);
  });

  test.each([
    [1, createPasswordHasher({ concurrency: 1 })],
    [3, createPasswordHasher({ concurrency: 3 })],
    [hashesAtOnce(), createPasswordHasher()],
  ])('never runs more than %i at once, and gets to all of 200', async (most, hasher) => {
    const running: (() => void)[] = [];
    let peak = 0;
    vi.mocked(argon2.verify).mockImplementation(async () => {
      await new Promise<void>((resolve) => {
        running.push(resolve);
        peak = Math.max(peak, running.length);
      });
      return true;
    });

    const all = Promise.all(Array.from({ length: 200 }, () => hasher.verify(PASSWORD, 'some hash')));
    for (let ended = 0; ended < 200; ended++) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      expect(running).not.toHaveLength(0);
      running.shift()?.();
    }

    expect(await all).toHaveLength(200);
    expect(peak).toBe(most);
  });

  test('is the same for a wrong password and an unknown e-mail address', async () => {
    const edge = new Edge({ hasher: createPasswordHasher() });
    const { email } = await edge.register();
    const workOf = async (body: { email: string; password: string }) => {
      vi.mocked(argon2.verify).mockClear();
      expect(await edge.call('POST /api/auth/login', { body })).toMatchObject({ status: 401 });
      return vi.mocked(argon2.verify).mock.calls.map(([stored, password]) => {
        const [, kind, version, parameters, salt = '', key = ''] = String(stored).split('$');
        return { kind, version, parameters, salt: salt.length, key: key.length, password };
      });
    };

    const wrong = await workOf({ email, password: 'wrong' });
    expect(wrong).toEqual([
      {
        kind: 'argon2id',
        version: 'v=19',
        parameters: 'm=19456,t=2,p=1',
        salt: 22,
        key: 43,
        password: 'wrong',
      },
    ]);
    expect(await workOf({ email: 'nobody@example.com', password: 'wrong' })).toEqual(wrong);
  });
});
