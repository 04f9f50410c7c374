import { TOTP } from 'otpauth';
import { describe, expect, test } from 'vitest';
import { consoleEdge, fieldsOf, Visitor } from '../../support/console.ts';
import { PASSWORD } from '../../support/edge.ts';
import type { Edge } from '../../support/edge.ts';

async function visitorOf(edge: Edge, role?: 'operator') {
  const person = await edge.register('Ada', role ? { role } : {});
  return { person, visitor: await Visitor.signIn(edge, person) };
}

/** The code that an authenticator app shows for the secret on the page. */
function codeOn(visitor: Visitor, edge: Edge): string {
  const [, secret = ''] = /Type this into the app: ([A-Z2-7 ]+)/.exec(visitor.page.text) ?? [];
  return new TOTP({ secret: secret.replaceAll(' ', '') }).generate({ timestamp: edge.clock.now() });
}

async function setUpApp(visitor: Visitor, edge: Edge): Promise<readonly string[]> {
  await visitor.open('/security/authenticator-app');
  await visitor.send('/security/authenticator-app', { password: PASSWORD });
  const shown = await visitor.send('/security/authenticator-app/confirm', { code: codeOn(visitor, edge) });
  return [...shown.html.matchAll(/<li><code>([^<]+)<\/code>/g)].map(([, code = '']) => code);
}

describe('The security pages', () => {
  test('change the password, and end all other sessions', async () => {
    const edge = consoleEdge();
    const { person, visitor } = await visitorOf(edge);
    const other = await Visitor.signIn(edge, person);
    await visitor.open('/security/password');
    const wrong = await visitor.send('/security/password', {
      current: 'wrong',
      password: 'a new long one',
    });
    expect(wrong.status).toBe(401);
    const done = await visitor.send('/security/password', {
      current: PASSWORD,
      password: 'a new long one',
    });
    expect(done.text).toContain('Your password is changed');
    expect((await other.open('/security')).path).toMatch(/^\/sign-in/);
  });

  test('set up an authenticator app, which the next sign-in asks for without showing the password', async () => {
    const edge = consoleEdge();
    const { person, visitor } = await visitorOf(edge);
    await visitor.open('/security/authenticator-app');
    await visitor.send('/security/authenticator-app', { password: PASSWORD });
    const wrong = await visitor.send('/security/authenticator-app/confirm', { code: '000000' });
    expect(wrong.text).toContain('The code is wrong');
    edge.clock.advance(60_000);
    const shown = await visitor.send('/security/authenticator-app/confirm', {
      code: codeOn(visitor, edge),
    });
    const codes = [...shown.html.matchAll(/<li><code>([^<]+)<\/code>/g)].map(([, code = '']) => code);
    expect(codes).toHaveLength(10);

    const next = new Visitor(edge);
    await next.open('/sign-in');
    const asked = await next.send('/sign-in', { email: person.email, password: PASSWORD });
    expect(asked.text).toContain('Enter your code');
    expect(asked.html).not.toContain(PASSWORD);
    edge.clock.advance(60_000);
    expect((await next.send('/sign-in/code', { code: codes[0] ?? '' })).path).toBe('/');
  });

  test('a sealed password opens for ten minutes', async () => {
    const edge = consoleEdge();
    const { person, visitor } = await visitorOf(edge);
    const codes = await setUpApp(visitor, edge);
    const next = new Visitor(edge);
    await next.open('/sign-in');
    await next.send('/sign-in', { email: person.email, password: PASSWORD });
    edge.clock.advance(600_000);
    expect((await next.send('/sign-in/code', { code: codes[0] ?? '' })).path).toBe('/sign-in?ended=1');
  });

  test('remove the app with a code', async () => {
    const edge = consoleEdge();
    const { visitor } = await visitorOf(edge);
    const codes = await setUpApp(visitor, edge);
    await visitor.open('/security/authenticator-app');
    const fields = { ...fieldsOf(visitor.page, '/security/recovery-codes'), code: codes[0] ?? '' };
    const removed = await visitor.post('/security/authenticator-app/remove', fields);
    const shown = await visitor.follow(removed);
    expect(shown.text).toContain('The authenticator app is removed');
  });

  test('make an API key that works until it is revoked, and show it once', async () => {
    const edge = consoleEdge();
    const { visitor } = await visitorOf(edge);
    await visitor.open('/security/api-keys/new');
    const made = await visitor.send('/security/api-keys', { name: 'Shop', password: PASSWORD });
    const secret = /value="(pb_[^"]+)"/.exec(made.html)?.[1] ?? '';
    expect((await edge.call('GET /api/accounts', { as: secret })).status).toBe(200);
    const list = await visitor.open('/security');
    expect(list.html).not.toContain(secret);
    const action = /action="(\/security\/api-keys\/[^"]+\/revoke)"/.exec(list.html)?.[1] ?? '';
    expect((await visitor.send(action)).text).toContain('The API key is revoked');
    expect((await edge.call('GET /api/accounts', { as: secret })).status).toBe(401);
  });

  test('end another session', async () => {
    const edge = consoleEdge();
    const { person, visitor } = await visitorOf(edge);
    const other = await Visitor.signIn(edge, person);
    const { html } = await other.open('/security');
    const actions = [...html.matchAll(/action="(\/security\/sessions\/[^"]+\/end)"/g)].map(
      ([, one = '']) => one,
    );
    for (const action of actions) await other.send(action);
    expect((await visitor.open('/security')).path).toMatch(/^\/sign-in/);
    expect((await other.open('/security')).status).toBe(200);
  });

  test('ask staff for a second factor where the bank requires it', async () => {
    const edge = consoleEdge({ app: { staffNeedsSecondFactor: true } });
    const { visitor } = await visitorOf(edge, 'operator');
    const shown = await visitor.open('/profile');
    expect(shown.path).toBe('/security?required=1');
    expect(shown.text).toContain('Your role needs a second factor');
    expect((await visitor.open('/security/authenticator-app')).status).toBe(200);
  });
});

describe('The profile', () => {
  test('changes the name, and how amounts are written', async () => {
    const edge = consoleEdge();
    const { person, visitor } = await visitorOf(edge);
    await edge.account(person, 123_450);
    await visitor.open('/profile');
    const shown = await visitor.send('/profile', {
      name: 'Ada B.',
      language: 'de',
      timeZone: 'Europe/Berlin',
    });
    expect(shown.text).toContain('Your profile is changed');
    expect((await visitor.open('/')).text).toContain('1.234,50 €');
  });

  test('erases a person who proves the password, and says so', async () => {
    const edge = consoleEdge();
    const { visitor } = await visitorOf(edge);
    await visitor.open('/profile/erase');
    expect((await visitor.send('/profile/erase', { password: 'wrong' })).status).toBe(401);
    const shown = await visitor.send('/profile/erase', { password: PASSWORD });
    expect(shown.text).toContain('You have left the bank');
    expect((await visitor.open('/profile')).path).toMatch(/^\/sign-in/);
  });

  test('shows what a person typed as text', async () => {
    const edge = consoleEdge();
    const person = await edge.register('<b>"Ada"</b>');
    const visitor = await Visitor.signIn(edge, person);
    const { html } = await visitor.open('/profile');
    expect(html).not.toContain('<b>"Ada"');
    expect(html).toContain('&lt;b&gt;&quot;Ada&quot;&lt;/b&gt;');
  });
});
