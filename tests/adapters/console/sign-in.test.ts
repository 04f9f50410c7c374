import { describe, expect, test } from 'vitest';
import { consoleEdge, fieldsOf, Visitor } from '../../support/console.ts';
import { PASSWORD } from '../../support/edge.ts';

describe('Signing in on the page', () => {
  test('opens a session, and goes on to the page that was asked for', async () => {
    const edge = consoleEdge();
    const ada = await edge.register('Ada');
    const visitor = new Visitor(edge);
    const asked = await visitor.open('/security');
    expect(asked.path).toBe('/sign-in?next=%2Fsecurity');
    const shown = await visitor.send('/sign-in', { email: ada.email, password: PASSWORD });
    expect([shown.status, shown.path]).toEqual([200, '/security']);
    expect(visitor.cookie('session')).toBeDefined();
  });

  test('tells a wrong password from nothing else, and keeps the address', async () => {
    const edge = consoleEdge();
    const ada = await edge.register('Ada');
    const visitor = new Visitor(edge);
    await visitor.open('/sign-in');
    const shown = await visitor.send('/sign-in', { email: ada.email, password: 'wrong password' });
    expect(shown.status).toBe(401);
    expect(shown.text).toContain('The e-mail address or the password is wrong. Try again');
    expect(fieldsOf(visitor.page, '/sign-in')).toEqual({ next: '/', email: ada.email, password: '' });
    const unknown = await visitor.send('/sign-in', { email: 'nobody@example.com', password: PASSWORD });
    expect(unknown.text).toBe(shown.text);
  });

  test.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    'javascript:alert(1)',
    '/sign-in',
  ])('never goes on to %s', async (next) => {
    const edge = consoleEdge();
    const ada = await edge.register('Ada');
    const visitor = new Visitor(edge);
    await visitor.open(`/sign-in?next=${encodeURIComponent(next)}`);
    const shown = await visitor.send('/sign-in', { next, email: ada.email, password: PASSWORD });
    expect(shown.path).toBe('/');
  });

  test('registers a customer, who sees what to do first', async () => {
    const edge = consoleEdge();
    const visitor = new Visitor(edge);
    await visitor.open('/register');
    const short = await visitor.send('/register', { name: 'Ada', email: 'ada@example.com', password: 'a' });
    expect(short.status).toBe(400);
    expect(short.text).toContain('The password must be 8 to 256 characters');
    const shown = await visitor.send('/register', { password: PASSWORD });
    expect(shown.text).toContain('Welcome, Ada');
  });

  test('refuses a form that another site sends', async () => {
    const edge = consoleEdge();
    const response = await edge.app.request('/sign-in', {
      method: 'POST',
      headers: { 'Sec-Fetch-Site': 'cross-site', 'Content-Type': 'application/x-www-form-urlencoded' },
      body: 'email=a%40b.c&password=x',
    });
    expect(response.status).toBe(403);
  });

  test('a sign-out needs the token of the session, and ends it', async () => {
    const edge = consoleEdge();
    const [ada, eve] = [await edge.register('Ada'), await edge.register('Eve')];
    const [hers, other] = [await Visitor.signIn(edge, ada), await Visitor.signIn(edge, eve)];
    await other.open('/security');
    const token = fieldsOf(other.page, '/sign-out')['formToken'] ?? '';
    const forged = await hers.post('/sign-out', { formToken: token });
    expect(forged.status).toBe(403);
    expect(forged.text).toContain('This form is no longer valid');
    expect((await hers.open('/security')).status).toBe(200);
    await hers.send('/sign-out');
    expect((await hers.open('/security')).path).toBe('/sign-in?next=%2Fsecurity');
  });

  test('an address that does not exist is a page for people, and a problem for programs', async () => {
    const edge = consoleEdge();
    const shown = await new Visitor(edge).open('/nothing');
    expect([shown.status, shown.text]).toEqual([404, expect.stringContaining('There is no such page')]);
    const answer = await edge.app.request('/nothing');
    expect(await answer.json()).toMatchObject({ code: 'route_not_found' });
    expect((await edge.app.request('/', { headers: { Accept: 'application/json' } })).status).toBe(200);
  });

  test('no page is kept by a cache, and none runs anything inline', async () => {
    const edge = consoleEdge();
    const response = await edge.app.request('/sign-in', { headers: { Accept: 'text/html' } });
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    expect(await response.text()).not.toMatch(/ style=|<style|<script>| on[a-z]+=/);
  });
});
