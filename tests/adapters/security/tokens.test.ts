import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createRefreshTokens, createTokenIssuer } from '../../../src/adapters/security/index.ts';
import { FixedClock, JANUARY } from '../../../src/testing/fixtures/builders.ts';
import { Edge, expectAnswer, INVALID_TOKEN, SESSION_EXPIRED, TOKEN_TERMS } from '../../support/edge.ts';

const CLAIMS = { sessionId: 'session-1', userId: 'user-1', expiresAt: JANUARY + 60_000 };
const OTHER = 'another-secret-of-thirty-two-bytes';
const NOW_SECONDS = JANUARY / 1_000;
const HEADER = { alg: 'HS256', typ: 'session+jwt', kid: keyIdOf(TOKEN_TERMS.secrets[0]) };
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
    'another secret’s': signed(HEADER, PAYLOAD, { secret: OTHER }),
    'another secret’s, with its own key': signed({ ...HEADER, kid: keyIdOf(OTHER) }, PAYLOAD, {
      secret: OTHER,
    }),
    'one with its signature altered': `${signed(HEADER, PAYLOAD).slice(0, -2)}AA`,
    'one with another spelling of its signature': respelled(signed(HEADER, PAYLOAD)),
    'one with padding': `${signed(HEADER, PAYLOAD)}=`,
    'one of great length': signed(HEADER, { ...PAYLOAD, note: 'x'.repeat(1_000) }),
    'one with its claims altered': altered({ sub: 'user-2' }),
    'another issuer’s': signed(HEADER, { ...PAYLOAD, iss: 'other' }),
    'one for another audience': signed(HEADER, { ...PAYLOAD, aud: 'other' }),
    'one of another type': signed({ ...HEADER, typ: 'refresh+jwt' }, PAYLOAD),
    'one of no type': signed({ alg: 'HS256', kid: HEADER.kid }, PAYLOAD),
    'one of no key': signed({ alg: 'HS256', typ: HEADER.typ }, PAYLOAD),
    'one of no key, with another header': signed({ alg: 'HS256', typ: HEADER.typ, zip: 'DEF' }, PAYLOAD),
    'a refresh token': createRefreshTokens(TOKEN_TERMS.secrets).first(CLAIMS.sessionId),
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

  const [good] = TOKEN_TERMS.secrets;

  for (const secrets of [['x'.repeat(31)], [good, 'x'.repeat(31)]] as [string][])
    expect(() => createTokenIssuer({ ...TOKEN_TERMS, clock, secrets })).toThrow(TypeError);
  expect(() => createTokenIssuer({ ...TOKEN_TERMS, clock, secrets: ['ä'.repeat(16)] })).not.toThrow();
});

test('A previous secret still verifies, and the current one signs', async () => {
  const clock = new FixedClock();
  const [secret] = TOKEN_TERMS.secrets;
  const rotated = createTokenIssuer({ ...TOKEN_TERMS, clock, secrets: [OTHER, secret] });
  const over = createTokenIssuer({ ...TOKEN_TERMS, clock, secrets: [OTHER] });
  const old = await anIssuer().issue(CLAIMS);
  const fresh = await rotated.issue(CLAIMS);

  expect(await rotated.verify(old)).toEqual(CLAIMS);
  expect(await over.verify(old)).toBeUndefined();
  expect(await over.verify(fresh)).toEqual(CLAIMS);
  expect(await anIssuer().verify(fresh)).toBeUndefined();
});

describe('A refresh token', () => {
  const [secret] = TOKEN_TERMS.secrets;

  test('is a new one for each session, of 256 random bits', () => {
    const tokens = createRefreshTokens([secret]);
    const [one, other] = [tokens.first('s'), tokens.first('s')];

    expect(one).toMatch(/^s\.[\w-]{43}\.[\w-]{43}$/);
    expect(one).not.toBe(other);
    expect(tokens.sessionIdOf(one)).toBe('s');
  });

  test('has the same successor on every server, and another one with another secret', () => {
    const [tokens, elsewhere] = [createRefreshTokens([secret]), createRefreshTokens([OTHER, secret])];
    const first = tokens.first('s');
    const [successor] = tokens.successorsOf(first);

    expect(tokens.successorsOf(first)).toEqual([successor]);
    expect(tokens.sessionIdOf(successor)).toBe('s');
    expect(elsewhere.successorsOf(first)).toEqual([expect.any(String), successor]);
    expect(elsewhere.successorsOf(first)[0]).not.toBe(successor);
  });

  test('is genuine by the current secret and the previous one only', () => {
    const token = createRefreshTokens([secret]).first('s');

    expect(createRefreshTokens([OTHER, secret]).sessionIdOf(token)).toBe('s');
    expect(createRefreshTokens([OTHER]).sessionIdOf(token)).toBeUndefined();
  });

  test('is not what somebody made up for a session', () => {
    const tokens = createRefreshTokens([secret]);
    const [id = '', random = '', mac = ''] = tokens.first('s').split('.');

    for (const forged of [
      '',
      's',
      `${id}.${random}`,
      `t.${random}.${mac}`,
      `${id}.${'A'.repeat(43)}.${mac}`,
      `${id}.${random}.${mac}.`,
      `${id}.${random}.${mac}=`,
      `${id}.${random}.${mac.slice(0, -1)}`,
      `${'s'.repeat(200)}.${random}.${mac}`,
    ])
      expect(tokens.sessionIdOf(forged), forged).toBeUndefined();
  });
});

function anIssuer() {
  return createTokenIssuer({ ...TOKEN_TERMS, clock: new FixedClock() });
}

function keyIdOf(secret: string): string {
  return createHmac('sha256', secret).update('passbook key id').digest('base64url').slice(0, 11);
}

/** A token as anybody could make it who has the secret, or has not. */
function signed(
  header: object,
  payload: object,
  { secret = TOKEN_TERMS.secrets[0], hash = 'sha256' }: { secret?: string; hash?: string } = {},
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
