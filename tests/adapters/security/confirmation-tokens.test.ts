import { SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { createConfirmationTokens } from '../../../src/adapters/security/confirmation-tokens.ts';
import { createTokenIssuer } from '../../../src/adapters/security/index.ts';
import { FixedClock } from '../../../src/testing/fixtures/builders.ts';
import { TOKEN_TERMS } from '../../support/edge.ts';

const [secret] = TOKEN_TERMS.secrets;
const clock = new FixedClock();
const CONFIRMATION = { userId: 'alice', orderDigest: 'ab12', expiresAt: clock.now() + 60_000 };

describe('A confirmation', () => {
  const tokens = createConfirmationTokens({ secrets: [secret], clock });

  test('is read until it expires, and not at that instant', async () => {
    const token = await tokens.issue(CONFIRMATION);
    expect(await tokens.verify(token)).toEqual(CONFIRMATION);

    const late = new FixedClock(CONFIRMATION.expiresAt);
    expect(await createConfirmationTokens({ secrets: [secret], clock: late }).verify(token)).toBeUndefined();
  });

  test('stays good while the secret is rotated', async () => {
    const token = await tokens.issue(CONFIRMATION);
    const next = 'the next secret of the tests, which is long enough';

    const both = createConfirmationTokens({ secrets: [next, secret], clock });
    expect(await both.verify(token)).toEqual(CONFIRMATION);
    expect(await tokens.verify(await both.issue(CONFIRMATION))).toBeUndefined();
  });

  test('is no session token, and a session token is no confirmation', async () => {
    const sessions = createTokenIssuer({ ...TOKEN_TERMS, clock });
    const session = await sessions.issue({
      sessionId: 's',
      userId: 'alice',
      expiresAt: clock.now() + 60_000,
    });

    expect(await tokens.verify(session)).toBeUndefined();
    expect(await sessions.verify(await tokens.issue(CONFIRMATION))).toBeUndefined();
  });

  test('without an expiry, an order or a user is none', async () => {
    const key = new TextEncoder().encode(secret);
    const made = (claims: Record<string, unknown>) =>
      new SignJWT({ iss: 'passbook', aud: 'passbook', ...claims })
        .setProtectedHeader({ alg: 'HS256', typ: 'confirmation+jwt' })
        .sign(key);
    const claims = { sub: 'alice', order: 'ab12', exp: Math.floor(CONFIRMATION.expiresAt / 1_000) };

    expect(await tokens.verify(await made(claims))).toEqual(CONFIRMATION);
    for (const name of Object.keys(claims)) {
      expect(await tokens.verify(await made({ ...claims, [name]: undefined })), name).toBeUndefined();
    }
    for (const text of ['', 'a.b.c', 'x'.repeat(2_000)]) expect(await tokens.verify(text)).toBeUndefined();
  });
});
