import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createTokenIssuer } from '../../../src/adapters/security/index.ts';
import { FixedClock, JANUARY } from '../../../src/testing/fixtures/builders.ts';
import { Edge, expectAnswer, INVALID_TOKEN, SESSION_EXPIRED, TOKEN_TERMS } from '../../support/edge.ts';

const CLAIMS = { sessionId: 'session-1', userId: 'user-1', expiresAt: JANUARY + 60_000 };
const NOW_SECONDS = JANUARY / 1_000;
const HEADER = { alg: 'HS256', typ: 'session+jwt' };
const PAYLOAD = {
  iss: TOKEN_TERMS.issuer,
  aud: TOKEN_TERMS.audience,
  sub: CLAIMS.userId,
  sid: CLAIMS.sessionId,
  iat: NOW_SECONDS,
  exp: NOW_SECONDS + 60,
};

describe('A token', () => {
  test('says what it was issued for, and nothing else', async () => {
    const tokens = anIssuer();

    const token = await tokens.issue(CLAIMS);

    expect(await tokens.verify(token)).toEqual(CLAIMS);
    expect(token).toBe(signed(HEADER, PAYLOAD));
    expect(await tokens.verify(signed(HEADER, PAYLOAD))).toEqual(CLAIMS);
  });

  test('lasts to the instant that was said, exclusive', async () => {
    const clock = new FixedClock();
    const tokens = createTokenIssuer({ ...TOKEN_TERMS, clock });
    const token = await tokens.issue(CLAIMS);

    clock.advance(59_999);
    expect(await tokens.verify(token)).toEqual(CLAIMS);
    clock.advance(1);
    expect(await tokens.verify(token)).toBeUndefined();
  });

  const forgeries: Readonly<Record<string, string>> = {
    'no token': 'x',
    nothing: '',
    'one without a signature': `${encoded({ ...HEADER, alg: 'none' })}.${encoded(PAYLOAD)}.`,
    'one that says none, signed': signed({ ...HEADER, alg: 'none' }, PAYLOAD),
    'one of another algorithm': signed({ ...HEADER, alg: 'HS512' }, PAYLOAD, { hash: 'sha512' }),
    'one of a public key': signed({ ...HEADER, alg: 'RS256' }, PAYLOAD),
    'another secret’s': signed(HEADER, PAYLOAD, { secret: 'another-secret-of-thirty-two-bytes' }),
    'one with its signature altered': `${signed(HEADER, PAYLOAD).slice(0, -2)}AA`,
    'one with another spelling of its signature': respelled(signed(HEADER, PAYLOAD)),
    'one with padding': `${signed(HEADER, PAYLOAD)}=`,
    'one of great length': signed(HEADER, { ...PAYLOAD, note: 'x'.repeat(1_000) }),
    'one with its claims altered': altered({ sub: 'user-2' }),
    'another issuer’s': signed(HEADER, { ...PAYLOAD, iss: 'other' }),
    'one for another audience': signed(HEADER, { ...PAYLOAD, aud: 'other' }),
    'one of another type': signed({ ...HEADER, typ: 'refresh+jwt' }, PAYLOAD),
    'one of no type': signed({ alg: 'HS256' }, PAYLOAD),
    'one with an unknown key': signed({ ...HEADER, kid: 'k1' }, PAYLOAD),
    'one that names a key': signed({ ...HEADER, jku: 'https://evil.example/keys' }, PAYLOAD),
    'one that brings a key': signed({ ...HEADER, jwk: { kty: 'oct', k: 'AAAA' } }, PAYLOAD),
    'an expired one': signed(HEADER, { ...PAYLOAD, exp: NOW_SECONDS }),
    'one that never expires': signed(HEADER, without('exp')),
    'one that is nobody’s': signed(HEADER, without('sub')),
    'one of no session': signed(HEADER, without('sid')),
    'one without an issuer': signed(HEADER, without('iss')),
    'one without an audience': signed(HEADER, without('aud')),
    'one whose session is no text': signed(HEADER, { ...PAYLOAD, sid: { $ne: null } }),
  };

  test.each(Object.entries(forgeries))('is not %s', async (_, token) => {
    expect(await anIssuer().verify(token)).toBeUndefined();
  });

  test.each(Object.entries(forgeries))('%s opens no door', async (what, token) => {
    const edge = new Edge();
    const refused = what === 'an expired one' ? SESSION_EXPIRED : INVALID_TOKEN;

    expectAnswer(await edge.call('GET /api/auth/me', { as: token }), refused);
    expectAnswer(await edge.call('GET /api/auth/me', { headers: { Cookie: `session=${token}` } }), refused);
  });
});

test('An expired token of ours is distinguished from a forged one', async () => {
  const clock = new FixedClock();
  const tokens = createTokenIssuer({ ...TOKEN_TERMS, clock });
  const token = await tokens.issue(CLAIMS);

  expect(await tokens.hasExpired(token)).toBe(false);
  clock.advance(60_000);
  expect(await tokens.hasExpired(token)).toBe(true);
  expect(await tokens.hasExpired(`${token.slice(0, -2)}AA`)).toBe(false);
});

test('A secret has at least 32 bytes', () => {
  const clock = new FixedClock();

  expect(() => createTokenIssuer({ ...TOKEN_TERMS, clock, secret: 'x'.repeat(31) })).toThrow(TypeError);
  expect(() => createTokenIssuer({ ...TOKEN_TERMS, clock, secret: 'ä'.repeat(16) })).not.toThrow();
});

function anIssuer() {
  return createTokenIssuer({ ...TOKEN_TERMS, clock: new FixedClock() });
}

/** A token as anybody could make it who has the secret, or has not. */
function signed(
  header: object,
  payload: object,
  { secret = TOKEN_TERMS.secret, hash = 'sha256' }: { secret?: string; hash?: string } = {},
): string {
  const text = `${encoded(header)}.${encoded(payload)}`;
  return `${text}.${createHmac(hash, secret).update(text).digest('base64url')}`;
}

/** The last character stands for four bits, and two that mean nothing. */
function respelled(token: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return `${token.slice(0, -1)}${letters[letters.indexOf(token.at(-1) ?? '') + 1]}`;
}

function altered(change: object): string {
  const [header, , signature] = signed(HEADER, PAYLOAD).split('.');
  return `${header}.${encoded({ ...PAYLOAD, ...change })}.${signature}`;
}

function without(claim: keyof typeof PAYLOAD): object {
  const { [claim]: _, ...rest } = PAYLOAD;
  return rest;
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
