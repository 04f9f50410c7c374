import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import type { Erasure } from '../../../application/profile/erase-user.ts';
import type { User } from '../../../domain/entities/user.ts';
import type { SignedInPageEnv } from '../../shared/page-edge.ts';
import { FaultBox, shownFault } from '../faults.tsx';
import type { FaultText } from '../faults.tsx';
import { queryOf, readForm } from '../forms.ts';
import { Form, sendOpenPage, sendPage, usePage } from '../layout.tsx';
import { Done } from '../parts/done.tsx';
import { Field, Select } from '../parts/fields.tsx';
import type { ConsolePorts, PageContext } from '../ports.ts';
import { momentText } from '../text.ts';

const DONE = {
  profile: 'Your profile is changed.',
  'mail-sent': 'A mail with a link is on its way to you.',
  'email-asked':
    'A mail with a link is on its way to the new address. The change takes effect once you open it.',
};

const LANGUAGES = [
  { value: 'en', text: 'English: €1,234.50' },
  { value: 'de', text: 'Deutsch: 1.234,50 €' },
  { value: 'fr', text: 'Français: 1 234,50 €' },
  { value: 'es', text: 'Español: 1234,50 €' },
  { value: 'it', text: 'Italiano: 1234,50 €' },
  { value: 'nl', text: 'Nederlands: € 1.234,50' },
  { value: 'pl', text: 'Polski: 1234,50 €' },
  { value: 'sv', text: 'Svenska: 1 234,50 €' },
];

/** Pages about the signed-in person: name, address, language, and their data. */
export function profilePages(ports: ConsolePorts) {
  const { edge, bank } = ports;
  return new Hono<SignedInPageEnv>()
    .get('/profile', edge.sessionRequired, (c) => send(c))
    .post('/profile', edge.sessionRequired, edge.writeCounted, async (c) => {
      const form = await readForm(c, ports);
      const { user, session, origin } = edge.personOf(c);
      const change = {
        name: form.text('name'),
        language: form.text('language'),
        timeZone: form.text('timeZone'),
      };
      try {
        await bank.changeProfile({ userId: user.id, sessionId: session.id, origin }, change);
      } catch (error) {
        return send(c, shownFault(error, c, ports));
      }
      return c.redirect('/profile?done=profile', 303);
    })
    .post('/profile/verification', edge.sessionRequired, edge.writeCounted, async (c) => {
      await readForm(c, ports);
      const { user, origin } = edge.personOf(c);
      try {
        await edge.countMail(c, user.email);
        await bank.requestVerification({ userId: user.id, origin });
      } catch (error) {
        return send(c, shownFault(error, c, ports));
      }
      return c.redirect('/profile?done=mail-sent', 303);
    })
    .get('/profile/email', edge.sessionRequired, (c) => sendEmailForm(c))
    .post('/profile/email', edge.sessionRequired, edge.writeCounted, async (c) => {
      const form = await readForm(c, ports);
      const { user, session, origin } = edge.personOf(c);
      const [email, password] = [form.text('email'), form.exact('password')];
      try {
        await edge.countMail(c, email);
        await edge.asOwner(c, () =>
          bank.requestEmailChange({ userId: user.id, sessionId: session.id, origin, email, password }),
        );
      } catch (error) {
        return sendEmailForm(c, { email, fault: shownFault(error, c, ports) });
      }
      return c.redirect('/profile?done=email-asked', 303);
    })
    .get('/profile/erase', edge.sessionRequired, (c) => sendErasure(c))
    .post('/profile/erase', edge.sessionRequired, edge.writeCounted, async (c) => {
      const form = await readForm(c, ports);
      try {
        const erasure = await edge.asOwner(c, () =>
          bank.eraseUser({ userId: c.get('caller').id, password: form.exact('password') }),
        );
        edge.forgetSession(c);
        return await sendErased(c, erasure);
      } catch (error) {
        return sendErasure(c, shownFault(error, c, ports));
      }
    });

  function send(c: PageContext, fault?: FaultText): Response | Promise<Response> {
    const user = c.get('caller');
    return sendPage(c, ports, {
      title: 'Profile',
      children: (
        <>
          <div class="head">
            <h1>Profile</h1>
          </div>
          <Done query={queryOf(c)} texts={DONE} />
          <FaultBox fault={fault} />
          <div class="stack">
            <About user={user} />
            <Address user={user} />
            <section class="card" aria-labelledby="data">
              <h2 id="data">Your data</h2>
              <ul class="rows">
                <li>
                  <strong>Export</strong>
                  <span class="sub">All that the bank keeps about you, in one file (JSON)</span>
                  <span class="end">
                    <a class="button quiet small" href="/api/auth/me/export" download>
                      Export
                    </a>
                  </span>
                </li>
                {user.role === 'customer' && (
                  <li>
                    <strong>Leave the bank</strong>
                    <span class="sub">Closes your accounts and erases your personal data</span>
                    <span class="end">
                      <a class="button quiet small" href="/profile/erase">
                        Leave
                      </a>
                    </span>
                  </li>
                )}
              </ul>
            </section>
          </div>
        </>
      ),
    });
  }

  function sendEmailForm(c: PageContext, { email = '', fault }: { email?: string; fault?: FaultText } = {}) {
    return sendPage(c, ports, {
      title: 'Change your e-mail address',
      children: (
        <section class="card narrow">
          <h1>Change your e-mail address</h1>
          <p class="lead">
            You get a mail at the new address. The change takes effect once you open its link.
          </p>
          <FaultBox fault={fault} />
          <Form action="/profile/email">
            <Field
              name="email"
              label="New e-mail address"
              type="email"
              value={email}
              autocomplete="email"
              required
              maxlength={254}
            />
            <Field
              name="password"
              label="Your password"
              type="password"
              autocomplete="current-password"
              required
              maxlength={256}
            />
            <div class="actions">
              <button class="button">Send the mail</button>
              <a href="/profile">Cancel</a>
            </div>
          </Form>
        </section>
      ),
    });
  }

  function sendErasure(c: PageContext, fault?: FaultText): Response | Promise<Response> {
    return sendPage(c, ports, {
      title: 'Leave the bank',
      children: (
        <section class="card narrow">
          <h1>Leave the bank</h1>
          <p class="lead">
            Accounts with a balance of zero are closed, and your name, address and texts are erased. Entries
            stay in the books, without your name. This cannot be undone.
          </p>
          <p class="note warn">
            Send your money elsewhere first: an account with money in it stays open in the books.
          </p>
          <FaultBox fault={fault} />
          <Form action="/profile/erase">
            <Field
              name="password"
              label="Your password"
              type="password"
              autocomplete="current-password"
              required
              maxlength={256}
            />
            <div class="actions">
              <button class="button bad">Erase my data and leave</button>
              <a href="/profile">Cancel</a>
            </div>
          </Form>
        </section>
      ),
    });
  }

  function sendErased(
    c: PageContext,
    { closedAccounts, openAccounts }: Erasure,
  ): Response | Promise<Response> {
    return sendOpenPage(c, ports, {
      title: 'You have left the bank',
      children: (
        <section class="card narrow">
          <h1>You have left the bank</h1>
          <p class="lead">Your personal data is erased. {countText(closedAccounts.length)} closed.</p>
          {openAccounts.length > 0 && (
            <p class="note warn">
              {countText(openAccounts.length)} still open in the books, because money or a reservation is in
              it. Write to the bank about it.
            </p>
          )}
        </section>
      ),
    });
  }
}

function countText(count: number): string {
  return count === 1 ? 'One account is' : `${count} accounts are`;
}

const About: FC<{ user: User }> = ({ user }) => {
  const languages = LANGUAGES.some(({ value }) => value === user.language)
    ? LANGUAGES
    : [...LANGUAGES, { value: user.language, text: user.language }];
  return (
    <section class="card" aria-labelledby="about">
      <h2 id="about">About you</h2>
      <Form action="/profile">
        <Field
          name="name"
          label="Name"
          value={user.name}
          autocomplete="name"
          required
          maxlength={100}
          hint="People whom you pay see it."
        />
        <Select name="language" label="How amounts are written" value={user.language} options={languages} />
        <Select
          name="timeZone"
          label="Time zone"
          value={user.timeZone}
          options={timeZones(user.timeZone).map((zone) => ({ value: zone, text: zone.replaceAll('_', ' ') }))}
          hint="Days on pages, statements and in mails follow it."
        />
        <div class="actions">
          <button class="button">Save</button>
        </div>
      </Form>
    </section>
  );
};

/** All time zones that the runtime knows, with the person's own and UTC, which it leaves out. */
function timeZones(own: string): readonly string[] {
  return [...new Set(['UTC', own, ...Intl.supportedValuesOf('timeZone')])].toSorted();
}

const Address: FC<{ user: User }> = ({ user }) => {
  const page = usePage();
  return (
    <section class="card" aria-labelledby="address">
      <h2 id="address">E-mail address</h2>
      <ul class="rows">
        <li>
          <strong>{user.email}</strong>
          <span class="sub">
            {user.emailVerifiedAt === null
              ? 'Not confirmed yet: open the link in the mail that we sent you'
              : `Confirmed on ${momentText(user.emailVerifiedAt, page)}`}
          </span>
          <span class="end">
            {user.emailVerifiedAt === null && (
              <Form action="/profile/verification" class="inline">
                <button class="button quiet small">Send the mail again</button>
              </Form>
            )}
            <a class="button quiet small" href="/profile/email">
              Change
            </a>
          </span>
        </li>
      </ul>
    </section>
  );
};
