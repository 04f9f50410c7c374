import { Hono } from 'hono';
import { API_KEY_SCOPES } from '../../../domain/entities/credential.ts';
import type { ApiKeyScope } from '../../../domain/entities/credential.ts';
import { PassbookError } from '../../../domain/errors.ts';
import type { SignedInPageEnv } from '../../shared/page-edge.ts';
import { FaultBox, shownFault } from '../faults.tsx';
import type { FaultText } from '../faults.tsx';
import { readForm } from '../forms.ts';
import type { Fields } from '../forms.ts';
import { Form, sendPage } from '../layout.tsx';
import { Field, Select } from '../parts/fields.tsx';
import type { ConsolePorts, PageContext } from '../ports.ts';

const SCOPE_TEXTS: Readonly<Record<ApiKeyScope, string>> = {
  read: 'See accounts, entries and statements',
  transfer: 'Send money',
  hold: 'Capture and cancel reservations',
  payees: 'See and change payees',
  admin: 'Manage accounts as your role allows',
};

const LIFETIMES = [
  { value: '30', text: '30 days' },
  { value: '90', text: '90 days' },
  { value: '366', text: 'A year' },
];

/** Pages with which a person makes and revokes API keys. */
export function apiKeyPages(ports: ConsolePorts) {
  const { edge, bank } = ports;
  return new Hono<SignedInPageEnv>()
    .get('/security/api-keys/new', edge.sessionRequired, (c) => send(c))
    .post('/security/api-keys', edge.sessionRequired, edge.writeCounted, async (c) => {
      const form = await readForm(c, ports);
      try {
        const request = {
          name: form.text('name'),
          password: form.exact('password'),
          scopes: API_KEY_SCOPES.filter((scope) => form.has(`scope-${scope}`)),
          expiresInDays: Number(form.text('days')),
        };
        const { apiKey, secret } = await edge.guardPassword(c, () =>
          bank.makeApiKey(edge.personOf(c), request),
        );
        return await sendSecret(c, apiKey.content.name, secret);
      } catch (error) {
        return send(c, { form, fault: shownFault(error, c, ports) });
      }
    })
    .post('/security/api-keys/:id/revoke', edge.sessionRequired, edge.writeCounted, async (c) => {
      await readForm(c, ports);
      const { user, session, origin } = edge.personOf(c);
      try {
        await bank.revokeApiKey({ userId: user.id, keyId: c.req.param('id'), sessionId: session.id, origin });
      } catch (error) {
        // A second click finds the key revoked
        if (!(error instanceof PassbookError && error.code === 'api_key_not_found')) throw error;
      }
      return c.redirect('/security?done=key-revoked', 303);
    });

  function send(c: PageContext, { form, fault }: { form?: Fields; fault?: FaultText } = {}) {
    return sendPage(c, ports, {
      title: 'Make an API key',
      section: 'security',
      children: (
        <section class="card narrow">
          <h1>Make an API key</h1>
          <p class="lead">
            A program uses your accounts with it, without your password. See the <a href="/docs">API</a>.
          </p>
          <FaultBox fault={fault} />
          <Form action="/security/api-keys">
            <Field
              name="name"
              label="Name"
              value={form?.text('name') ?? ''}
              required
              maxlength={60}
              hint="The program or machine that gets it."
            />
            <fieldset>
              <legend>The program may</legend>
              {API_KEY_SCOPES.map((scope) => (
                <label class="check">
                  <input
                    type="checkbox"
                    name={`scope-${scope}`}
                    checked={form ? form.has(`scope-${scope}`) : scope === 'read'}
                  />
                  {SCOPE_TEXTS[scope]}
                </label>
              ))}
            </fieldset>
            <Select
              name="days"
              label="The key works for"
              value={form?.text('days') ?? '90'}
              options={LIFETIMES}
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
              <button class="button">Make the key</button>
              <a href="/security">Cancel</a>
            </div>
          </Form>
        </section>
      ),
    });
  }

  function sendSecret(c: PageContext, name: string, secret: string): Response | Promise<Response> {
    return sendPage(c, ports, {
      title: 'Your new API key',
      section: 'security',
      children: (
        <section class="card narrow">
          <h1>Your new API key</h1>
          <p class="lead">Copy it now: it is not shown again. Revoke it at once if somebody else sees it.</p>
          <Field name="secret" label={name} value={secret} class="secret" />
          <p class="actions">
            <a class="button" href="/security">
              I have copied it
            </a>
          </p>
        </section>
      ),
    });
  }
}
