import { hash } from '@node-rs/argon2';
import { describe, expect, test } from 'vitest';
import type { PassbookError } from '../../../src/domain/errors.ts';
import { createPasswordHasher, isCommonPassword } from '../../../src/adapters/security/index.ts';
import { aBankOfPeople } from '../../support/people.ts';

describe('A password', () => {
  test('is kept as argon2id with parameters of OWASP’s table, salted', async () => {
    const hasher = createPasswordHasher();

    const one = await hasher.hash('correct horse');
    const other = await hasher.hash('correct horse');

    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(other).not.toBe(one);
    expect(hasher.isOutdated(one)).toBe(false);
  });

  test('is compared whole: its case, its end, and all of its bytes', async () => {
    const hasher = createPasswordHasher();
    const password = `${'ä'.repeat(200)}\u0000end`;
    const stored = await hasher.hash(password);

    expect(await hasher.verify(password, stored)).toBe(true);
    expect(await hasher.verify(password.toUpperCase(), stored)).toBe(false);
    expect(await hasher.verify(password.slice(0, -1), stored)).toBe(false);
    expect(await hasher.verify(password.slice(0, 200), stored)).toBe(false);
  });

  test('of nobody is never right', async () => {
    expect(await createPasswordHasher().verify('', undefined)).toBe(false);
  });

  test.each([
    ['less memory', { memoryCost: 9_728, timeCost: 2, parallelism: 1 }],
    ['fewer passes', { memoryCost: 19_456, timeCost: 1, parallelism: 1 }],
    ['another kind', { memoryCost: 19_456, timeCost: 2, parallelism: 1, algorithm: 1 as const }],
  ])('hashed with %s is right, and outdated', async (_, parameters) => {
    const hasher = createPasswordHasher();
    const old = await hash('correct horse', parameters);

    expect(await hasher.verify('correct horse', old)).toBe(true);
    expect(hasher.isOutdated(old)).toBe(true);
  });

  test('hashed with old parameters is hashed anew when it is next given', async () => {
    const hasher = createPasswordHasher();
    const { bank, store } = aBankOfPeople({ hasher });
    const email = 'alice@example.com';
    const { user } = await bank.registerUser({ name: 'Alice', email, password: 'correct horse' });
    const old = await hash('correct horse', { memoryCost: 9_728, timeCost: 2, parallelism: 1 });
    await store.unitOfWork.run(({ users }) => users.setPasswordHash(user.id, old));

    await bank.signIn({ email, password: 'correct horse' });

    const kept = await store.unitOfWork.run(({ users }) => users.byEmail(email));
    expect(kept?.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await hasher.verify('correct horse', kept?.passwordHash)).toBe(true);
  });

  test('waits for its turn, and is refused when too many wait', async () => {
    const hasher = createPasswordHasher({ concurrency: 1, queue: 2 });

    const results = await Promise.allSettled(
      Array.from({ length: 6 }, () => hasher.verify('correct horse', undefined)),
    );

    expect(results.map(({ status }) => status)).toEqual([
      ...Array.from({ length: 3 }, () => 'fulfilled'),
      ...Array.from({ length: 3 }, () => 'rejected'),
    ]);
    expect(results[5]).toMatchObject({ reason: { code: 'queue_full' } });
    const retries = results.flatMap((result) =>
      result.status === 'rejected' ? (result.reason as PassbookError).facts.retryAfterSeconds : [],
    );
    for (const seconds of retries) expect(seconds).toSatisfy((value: number) => value >= 1 && value <= 10);
    expect(await hasher.verify('correct horse', undefined)).toBe(false);
  });

  test('that cannot be compared gives its turn back', async () => {
    const hasher = createPasswordHasher({ concurrency: 1, queue: 0 });

    await expect(hasher.verify('correct horse', 'no hash')).rejects.toThrow();
    expect(await hasher.verify('correct horse', undefined)).toBe(false);
  });

  test('has turns only where one at least can be taken', () => {
    expect(() => createPasswordHasher({ concurrency: 0 })).toThrow(TypeError);
  });
});

describe('A common password', () => {
  test.each(['password', '12345678', 'qwertyuiop', 'PASSWORD1', 'iloveyou', 'Trustno1', 'zaq12wsx'])(
    'is %s',
    (password) => {
      expect(isCommonPassword(password)).toBe(true);
    },
  );

  test.each(['correct horse battery', 'jumbled-otter-31-plinth', ''])('is not %j', (password) => {
    expect(isCommonPassword(password)).toBe(false);
  });
});
