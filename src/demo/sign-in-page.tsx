import { hash, timingSafeEqual } from 'node:crypto';
import { Hono } from 'hono';
import { Form, readOpenForm, sendOpenPage } from '../adapters/console/index.ts';
import type { PageEdge, PageEnv } from '../adapters/shared/page-edge.ts';
import { systemClock } from '../adapters/system.ts';

/** Somebody as whom the page signs in. */
export type Identity = {
  readonly email: string;
  /** Name and part, such as "Mara Lindqvist, a customer". */
  readonly title: string;
  readonly about: string;
};

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
  return (edge: PageEdge): Hono<PageEnv> => {
    const ports = { edge, clock: systemClock };
    return new Hono<PageEnv>()
      .get('/demo/:token', (c) => {
        if (!isSame(c.req.param('token'), token)) return c.notFound();
        const children = <Identities identities={identities} action={c.req.path} />;
        return sendOpenPage(c, ports, { title: 'Demo', children });
      })
      .post('/demo/:token', async (c) => {
        if (!isSame(c.req.param('token'), token)) return c.notFound();
        const email = (await readOpenForm(c, ports)).text('as');
        if (!identities.some((identity) => identity.email === email)) return c.notFound();

        await edge.signIn(c, { email, password });
        return c.redirect('/', 303);
      });
  };
}

/** Compares digests, which takes the same time wherever the texts differ. */
function isSame(given: string, expected: string): boolean {
  return timingSafeEqual(hash('sha256', given, 'buffer'), hash('sha256', expected, 'buffer'));
}

function Identities({ identities, action }: { identities: readonly Identity[]; action: string }) {
  return (
    <section class="card narrow">
      <h1>A bank with play money</h1>
      <p class="lead">Its people and firms are invented, and payments arrive while it runs. Who are you?</p>
      <ul class="rows">
        {identities.map(({ email, title, about }) => (
          <li>
            <strong>{title}</strong>
            <span class="sub">{about}</span>
            <span class="end">
              <Form action={action} class="inline">
                <input type="hidden" name="as" value={email} />
                <button class="button small" aria-label={`Sign in as ${title}`}>
                  Sign in
                </button>
              </Form>
            </span>
          </li>
        ))}
      </ul>
      <p class="fine">The link to this page works until the demo stops.</p>
    </section>
  );
}
