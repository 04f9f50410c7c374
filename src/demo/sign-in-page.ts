import { hash, timingSafeEqual } from 'node:crypto';
import { Hono } from 'hono';
import type { Context } from 'hono';
import { html } from 'hono/html';
import type { HttpEnv } from '../adapters/http/env.ts';
import type { PageEdge } from '../adapters/http/index.ts';
import { sendPage } from '../adapters/http/pages/page.ts';
import { clientAddress } from '../adapters/http/requests/client-address.ts';
import { originOf } from '../adapters/http/requests/origin.ts';
import { readForm } from '../adapters/http/requests/read-form.ts';
import { omitAbsent } from '../adapters/shared/omit-absent.ts';

/** Somebody as whom the page signs in. */
export type Identity = {
  readonly email: string;
  /** Name and part, such as "Mara Lindqvist, a customer". */
  readonly title: string;
  readonly about: string;
};

const POLICY =
  "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/**
 * A page with a button for each identity, which works without scripts. Only somebody with the link's token can open
 * it; for any other there is no such page.
 */
export function signInPage(terms: {
  readonly token: string;
  readonly password: string;
  readonly identities: readonly Identity[];
}) {
  const { token, password, identities } = terms;
  return ({ bank, sessionToken, signInThrottle, trustedProxies }: PageEdge): Hono<HttpEnv> => {
    const app = new Hono<HttpEnv>();
    app.get('/demo/:token', (c) => {
      if (!isSame(c.req.param('token'), token)) return c.notFound();
      return sendIdentities(c, identities);
    });
    app.post('/demo/:token', async (c) => {
      if (!isSame(c.req.param('token'), token)) return c.notFound();
      const email = (await readForm(c)).get('as') ?? '';
      if (!identities.some((identity) => identity.email === email)) return c.notFound();

      const presented = omitAbsent({
        presentedToken: sessionToken.read(c),
        presentedRefreshToken: sessionToken.readRefresh(c),
      });
      const origin = originOf(c, trustedProxies);
      const signedIn = await signInThrottle.signIn({ email, address: clientAddress(c, trustedProxies) }, () =>
        bank.signIn({ email, password, ...presented, origin }),
      );
      c.set('userId', signedIn.user.id);
      sessionToken.give(c, signedIn);
      return c.redirect('/', 303);
    });
    return app;
  };
}

/** Compares digests, which takes the same time wherever the texts differ. */
function isSame(given: string, expected: string): boolean {
  return timingSafeEqual(hash('sha256', given, 'buffer'), hash('sha256', expected, 'buffer'));
}

function sendIdentities(c: Context, identities: readonly Identity[]): Promise<Response> {
  // The token stays out of every referrer; without any, browsers send no origin with the form either
  c.header('Referrer-Policy', 'strict-origin');
  return sendPage(c, {
    title: 'Demo · Passbook',
    policy: POLICY,
    body: html`<main>
<h1>Passbook demo</h1>
<p class="lead">A bank with play money. Its people and firms are invented, and payments arrive while it runs.</p>
<ul class="cards">
${identities.map(
  ({ email, title, about }) => html`<li><strong>${title}</strong>${about}
<form method="post"><input type="hidden" name="as" value="${email}"><button>Sign in as ${title}</button></form></li>
`,
)}</ul>
<p class="facts">The link to this page works until the demo stops. Signing in ends the session that this browser has.</p>
</main>`,
  });
}
