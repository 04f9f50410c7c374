import { describe, expect, test } from 'vitest';
import { createOneTimePasswords } from '../../../src/adapters/security/one-time-passwords.ts';

/** The secret of RFC 6238, appendix B, in Base32. */
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const passwords = createOneTimePasswords({ issuer: 'Passbook' });

describe('A one-time password', () => {
  test.for([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
    [20_000_000_000, '353130'],
  ] as const)('at %d seconds is the one of RFC 6238', ([seconds, code]) => {
    const step = Math.floor(seconds / 30);

    expect(passwords.stepOf({ secret: SECRET, code, at: seconds * 1_000 })).toBe(step);
    expect(passwords.stepOf({ secret: SECRET, code, at: (seconds + 30) * 1_000 })).toBe(step);
    expect(passwords.stepOf({ secret: SECRET, code, at: (seconds - 30) * 1_000 })).toBe(step);
    expect(passwords.stepOf({ secret: SECRET, code, at: (seconds + 60) * 1_000 })).toBeUndefined();
    expect(passwords.stepOf({ secret: SECRET, code, at: (seconds - 60) * 1_000 })).toBeUndefined();
  });

  test.for(['', '28708', '2870820', ' 287082', '28708２', 'abcdef'])('is not %j', (code) => {
    expect(passwords.stepOf({ secret: SECRET, code, at: 59_000 })).toBeUndefined();
  });

  test('has a secret of 160 bits, never the same', () => {
    const secrets = Array.from({ length: 100 }, () => passwords.newSecret());

    expect(new Set(secrets).size).toBe(100);
    for (const secret of secrets) expect(secret).toMatch(/^[A-Z2-7]{32}$/);
  });
});
