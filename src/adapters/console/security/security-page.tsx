import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import type { Factors } from '../../../application/factors/list-factors.ts';
import type { Credential } from '../../../domain/entities/credential.ts';
import { isUsable } from '../../../domain/entities/credential.ts';
import type { SecurityEvent } from '../../../domain/entities/security-event.ts';
import type { Session } from '../../../domain/entities/session.ts';
import type { SignedInPageEnv } from '../../shared/page-edge.ts';
import { assetPath } from '../assets.ts';
import { queryOf, readForm } from '../forms.ts';
import { Form, sendPage, usePage } from '../layout.tsx';
import { Done } from '../parts/done.tsx';
import type { ConsolePorts } from '../ports.ts';
import { momentText } from '../text.ts';
import { deviceText } from './event-words.ts';
import { EventList } from './events.tsx';

const EVENTS_SHOWN = 6;

const DONE = {
  password: 'Your password is changed. All other sessions have ended.',
  session: 'The session has ended.',
  'totp-removed': 'The authenticator app is removed. Your password alone signs you in now.',
  'passkey-added': 'The passkey is added. You can sign in with it from now on.',
  'passkey-removed': 'The passkey is removed.',
  'key-revoked': 'The API key is revoked. Programs that use it are refused from now on.',
};

/** The page about everything that guards a person's access. */
export function securityPageRoutes(ports: ConsolePorts) {
  const { edge, bank } = ports;
  return new Hono<SignedInPageEnv>()
    .get('/security', edge.sessionRequired, async (c) => {
      const { id } = c.get('caller');
      const [factors, sessions, keys, events] = await Promise.all([
        bank.listFactors(id),
        bank.listSessions(id),
        bank.listApiKeys(id),
        bank.listSecurityEvents(id, { limit: EVENTS_SHOWN }),
      ]);
      const query = queryOf(c);
      return sendPage(c, ports, {
        title: 'Security',
        section: 'security',
        children: (
          <>
            <div class="head">
              <h1>Security</h1>
            </div>
            <Done query={query} texts={DONE} />
            {query.has('required') && (
              <div class="note warn" role="status">
                Your role needs a second factor. Add a passkey or an authenticator app to go on.
              </div>
            )}
            <div class="stack">
              <SignIn factors={factors} />
              <Sessions sessions={sessions} own={c.get('session').id} />
              <ApiKeys keys={keys} />
              <Recent events={events.items} />
            </div>
            <script src={assetPath('passkeys.js')} defer></script>
          </>
        ),
      });
    })
    .post('/security/sessions/:id/end', edge.sessionRequired, edge.writeCounted, async (c) => {
      await readForm(c, ports);
      const { user, session, origin } = edge.personOf(c);
      const ended = c.req.param('id');
      await bank.revokeSession(user.id, ended, origin);
      if (ended !== session.id) return c.redirect('/security?done=session', 303);
      edge.forgetSession(c);
      return c.redirect('/sign-in', 303);
    })
    .post('/security/sign-out-everywhere', edge.sessionRequired, edge.writeCounted, async (c) => {
      await readForm(c, ports);
      const { session, origin } = edge.personOf(c);
      await bank.signOutEverywhere(session, origin);
      edge.forgetSession(c);
      return c.redirect('/sign-in', 303);
    });
}

const SignIn: FC<{ factors: Factors }> = ({ factors }) => {
  const page = usePage();
  const { passkeys, totpSince, recoveryCodes } = factors;
  return (
    <section class="card" aria-labelledby="how">
      <h2 id="how">How you sign in</h2>
      <ul class="rows">
        <li>
          <strong>Password</strong>
          <span class="sub">Proves that it is you</span>
          <span class="end">
            <a class="button quiet small" href="/security/password">
              Change
            </a>
          </span>
        </li>
        <li>
          <strong>Passkeys</strong>
          <span class="sub">
            {passkeys.length === 0
              ? 'Sign in with your fingerprint, face or device PIN. Nobody can phish a passkey.'
              : passkeys.map(({ content }) => content.name).join(', ')}
          </span>
          <span class="end">
            <a class="button quiet small" href="/security/passkeys">
              {passkeys.length === 0 ? 'Add' : 'Manage'}
            </a>
          </span>
        </li>
        <li>
          <strong>Authenticator app</strong>
          <span class="sub">
            {totpSince === null
              ? 'A code of six digits as a second step.'
              : `Since ${momentText(totpSince, page)}. ${recoveryCodes} recovery codes are left.`}
          </span>
          <span class="end">
            <a class="button quiet small" href="/security/authenticator-app">
              {totpSince === null ? 'Set up' : 'Manage'}
            </a>
          </span>
        </li>
      </ul>
    </section>
  );
};

const Sessions: FC<{ sessions: readonly Session[]; own: string }> = ({ sessions, own }) => {
  const page = usePage();
  return (
    <section class="card" aria-labelledby="sessions">
      <div class="card-head">
        <h2 id="sessions">Where you are signed in</h2>
        {sessions.length > 1 && (
          <Form action="/security/sign-out-everywhere" class="inline">
            <button class="link">Sign out everywhere</button>
          </Form>
        )}
      </div>
      <ul class="rows">
        {sessions.map((session) => (
          <li>
            <span>
              <strong>{deviceText(session.device)}</strong>{' '}
              {session.id === own && <span class="badge">This one</span>}
            </span>
            <span class="sub">
              {session.address ?? 'Unknown address'}, last used {momentText(session.lastUsedAt, page)}
            </span>
            <span class="end">
              {session.id !== own && (
                <Form action={`/security/sessions/${session.id}/end`} class="inline">
                  <button
                    class="button quiet small"
                    aria-label={`End the session of ${deviceText(session.device)}`}
                  >
                    End
                  </button>
                </Form>
              )}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
};

const ApiKeys: FC<{ keys: readonly Credential<'api_key'>[] }> = ({ keys }) => {
  const page = usePage();
  return (
    <section class="card" aria-labelledby="keys">
      <div class="card-head">
        <h2 id="keys">API keys</h2>
        <a href="/security/api-keys/new">Make a key</a>
      </div>
      {keys.length === 0 && (
        <p class="fine">A program can use your accounts with a key. You have made none.</p>
      )}
      <ul class="rows">
        {keys.map((key) => (
          <li>
            <span>
              <strong>{key.content.name}</strong> <code>{key.content.prefix}…</code>{' '}
              {!isUsable(key, page.now) && <span class="badge bad">Expired</span>}
            </span>
            <span class="sub">
              May {key.content.scopes.join(', ')}
              {key.content.lastUsedAt === null
                ? '. Never used'
                : `. Last used ${momentText(key.content.lastUsedAt, page)}`}
              {key.expiresAt === null ? '' : `. Until ${momentText(key.expiresAt, page)}`}
            </span>
            <span class="end">
              <Form action={`/security/api-keys/${key.id}/revoke`} class="inline">
                <button class="button quiet small" aria-label={`Revoke the key ${key.content.name}`}>
                  Revoke
                </button>
              </Form>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
};

const Recent: FC<{ events: readonly SecurityEvent[] }> = ({ events }) => (
  <section class="card" aria-labelledby="events">
    <div class="card-head">
      <h2 id="events">What was done in your name</h2>
      <a href="/security/events">All events</a>
    </div>
    <EventList events={events} />
  </section>
);
