import { describe, expect, it } from 'vitest';
import { isLive } from '../../../src/domain/entities/session.ts';
import { aSession } from '../../../src/testing/fixtures/builders.ts';

describe('a session', () => {
  it.each([
    ['lives before it expires', { endedAt: null }, 999, true],
    ['is over at the instant it expires', { endedAt: null }, 1000, false],
    ['is over later', { endedAt: null }, 1001, false],
    ['is over once it is ended', { endedAt: 500 }, 600, false],
    ['is over once it is ended, even for a clock that went back', { endedAt: 500 }, 400, false],
  ])('%s', (_, state, now, expected) => {
    expect(isLive(aSession({ ...state, expiresAt: 1000 }), now)).toBe(expected);
  });
});
