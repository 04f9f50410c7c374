import { Hono } from 'hono';
import type { SignedInPageEnv } from '../../shared/page-edge.ts';
import { FaultBox, shownFault } from '../faults.tsx';
import type { FaultText } from '../faults.tsx';
import { readForm } from '../forms.ts';
import { Form, sendPage } from '../layout.tsx';
import { Field } from '../parts/fields.tsx';
import type { ConsolePorts, PageContext } from '../ports.ts';

/** The page with which a person changes their password. */
export function passwordRoutes(ports: ConsolePorts) {
  const { edge, bank } = ports;
  return new Hono<SignedInPageEnv>()
    .get('/security/password', edge.sessionRequired, (c) => send(c))
    .post('/security/password', edge.sessionRequired, edge.writeCounted, async (c) => {
      const form = await readForm(c, ports);
      const { user, session, origin } = edge.personOf(c);
      const passwords = { currentPassword: form.exact('current'), newPassword: form.exact('password') };
      try {
        await edge.asOwner(c, () =>
          bank.changePassword({ userId: user.id, sessionId: session.id, origin, ...passwords }),
        );
      } catch (error) {
        return send(c, shownFault(error, c, ports));
      }
      return c.redirect('/security?done=password', 303);
    });

  function send(c: PageContext, fault?: FaultText): Response | Promise<Response> {
    return sendPage(c, ports, {
      title: 'Change your password',
      section: 'security',
      children: (
        <section class="card narrow">
          <h1>Change your password</h1>
          <p class="lead">All your other sessions end.</p>
          <FaultBox fault={fault} />
          <Form action="/security/password">
            <input type="hidden" name="username" autocomplete="username" value={c.get('caller').email} />
            <Field
              name="current"
              label="Your password now"
              type="password"
              autocomplete="current-password"
              required
              maxlength={256}
            />
            <Field
              name="password"
              label="New password"
              type="password"
              autocomplete="new-password"
              required
              minlength={8}
              maxlength={256}
              hint="At least 8 characters. A few words that you remember are better than one with signs."
            />
            <div class="actions">
              <button class="button">Change the password</button>
              <a href="/security">Cancel</a>
            </div>
          </Form>
        </section>
      ),
    });
  }
}
