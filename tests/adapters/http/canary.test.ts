import { expect, test } from 'vitest';
import { apiKeyFormat } from '../../../src/adapters/security/index.ts';
import { Edge } from '../../support/edge.ts';
import type { Person } from '../../support/edge.ts';
import { allOperations, filled } from '../../support/operations.ts';

/** One secret of each kind. None of them may come out again, but for the answer that first shows it. */
function canariesOf({ token }: Person) {
  return {
    password: 'canary-password-5e1f',
    token,
    forgedToken: 'canary.token.5e1f',
    apiKey: apiKeyFormat.make(),
    refreshToken: 'canary-refresh-5e1f',
    smtp: 'smtp://user:canary-smtp-5e1f@mail.example',
  };
}
type Canaries = ReturnType<typeof canariesOf>;

/** A log line and a header that a line break would forge. */
const FORGED = 'x\r\n{"level":30,"msg":"forged"}\r\nSet-Cookie: forged=1';

/** Bodies with each canary wherever a secret can go, right or wrong in form. */
function* bodiesOf(canaries: Canaries): Generator<string | object> {
  for (const canary of Object.values(canaries)) {
    yield { email: 'a@b.example', password: canary, name: 'Ada' };
    yield { email: 'a@b.example', password: [canary], token: { canary } };
    yield {
      token: canary,
      refreshToken: canary,
      secret: canary,
      currentPassword: canary,
      newPassword: canary,
    };
    yield `{"password":"${canary}", broken`;
  }
  yield { reason: FORGED, name: FORGED, idempotencyKey: FORGED };
}

function* headersOf(canaries: Canaries): Generator<Record<string, string>> {
  yield { Authorization: `Bearer ${canaries.forgedToken}` };
  yield { Authorization: `Bearer ${canaries.apiKey}` };
  yield { Authorization: `Basic ${canaries.password}` };
  yield { Cookie: `session=${canaries.forgedToken}; refresh=${canaries.refreshToken}` };
  yield { Authorization: `Bearer ${canaries.token}`, 'Idempotency-Key': `"${canaries.password}"` };
  yield { Authorization: `Bearer ${canaries.token}`, 'User-Agent': 'Mozilla' };
}

test.each(allOperations)('%s lets no secret into a log, an error or a record', async (route) => {
  const edge = new Edge();
  const operator = await edge.register('Olga', { role: 'system' });
  const canaries = canariesOf(operator);
  const secrets = Object.values(canaries);
  const isRead = route.startsWith('GET ');

  const bodies = isRead ? secrets.map(() => undefined) : [...bodiesOf(canaries)];
  const leaks: unknown[] = [];
  let sent = 0;
  for (const [place, headers] of [...headersOf(canaries)].entries()) {
    const isSignedIn = headers['Authorization']?.includes(canaries.token) ?? false;
    // Signing out would end the session of the other requests
    if (route.endsWith('/logout') && isSignedIn) continue;
    // A session meets every body. Of other headers, each meets some of them
    for (const body of bodies.filter((_, index) => isRead || isSignedIn || index % 4 === place)) {
      const secret = secrets[sent++ % secrets.length] ?? '';
      const query = sent % 2 === 0 ? '' : `?token=${encodeURIComponent(secret)}`;
      const answer = await edge.call(`${filled(route, () => secret)}${query}`, {
        headers,
        ...(body === undefined ? {} : { body }),
      });
      for (const one of secrets) if (answer.text.includes(one)) leaks.push({ headers, body, leaked: one });
    }
  }
  expect(leaks).toEqual([]);

  const { items: events } = await edge.bank.listSecurityEvents(null, { limit: 200 });
  const { items: audit } = await edge.bank.ledger.listAudit({ kind: 'system' }, { limit: 200 });
  const written = edge.lines.join('') + JSON.stringify([events, audit]);
  for (const secret of secrets) expect(written).not.toContain(secret);
  expect(edge.lines.every((line) => line.trimEnd().split('\n').length === 1)).toBe(true);
  expect(edge.lines.filter((line) => (JSON.parse(line) as { msg: string }).msg === 'forged')).toEqual([]);
});
