import { Hono } from 'hono';
import type { Credential } from '../../../domain/entities/credential.ts';
import type { SignedInPageEnv } from '../../shared/page-edge.ts';
import { assetPath } from '../assets.ts';
import { readForm } from '../forms.ts';
import { Form, sendPage, usePage } from '../layout.tsx';
import { Field } from '../parts/fields.tsx';
import { shownFault } from '../faults.tsx';
import type { ConsolePorts } from '../ports.ts';
import { momentText } from '../text.ts';

/** The page with a person's passkeys. Browsers make and use passkeys by script alone. */
export function passkeyRoutes(ports: ConsolePorts) {
  const { edge, bank } = ports;
  return new Hono<SignedInPageEnv>()
    .get('/security/passkeys', edge.sessionRequired, async (c) => {
      const { passkeys } = await bank.listFactors(c.get('caller').id);
      return sendPage(c, ports, {
        title: 'Passkeys',
        section: 'security',
        children: (
          <>
            <section class="card narrow">
              <p class="crumb">
                <a href="/security">Security</a>
              </p>
              <h1>Passkeys</h1>
              <p class="lead">Your device keeps the key and asks for your finger, face or PIN.</p>
              <p class="note fault" id="passkey-fault" role="alert" hidden></p>
              <ul class="rows">
                {passkeys.map((passkey) => (
                  <PasskeyRow passkey={passkey} />
                ))}
              </ul>
              <noscript>
                <p class="note warn">
                  Browsers make passkeys with JavaScript alone. Switch it on to add one.
                </p>
              </noscript>
              <Form action="/security/passkeys" id="passkey-form">
                <Field
                  name="name"
                  label="A name for the new passkey"
                  value="My device"
                  required
                  maxlength={60}
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
                  <button class="button" data-passkey="add" disabled>
                    Add a passkey
                  </button>
                </div>
              </Form>
            </section>
            <script src={assetPath('passkeys.js')} defer></script>
          </>
        ),
      });
    })
    .post('/security/passkeys/:id/rename', edge.sessionRequired, edge.writeCounted, async (c) => {
      const form = await readForm(c, ports);
      try {
        await bank.renamePasskey(c.get('caller').id, c.req.param('id'), form.text('name'));
      } catch (error) {
        shownFault(error, c, ports);
        throw error;
      }
      return c.redirect('/security/passkeys', 303);
    });
}

function PasskeyRow({ passkey }: { passkey: Credential<'passkey'> }) {
  const page = usePage();
  const { name, lastUsedAt } = passkey.content;
  return (
    <li>
      <strong>{name}</strong>
      <span class="sub">
        Added {momentText(passkey.createdAt, page)}
        {lastUsedAt !== null && `, last used ${momentText(lastUsedAt, page)}`}
      </span>
      <span class="end">
        <details class="menu">
          <summary>Rename</summary>
          <Form action={`/security/passkeys/${passkey.id}/rename`}>
            <Field name="name" label="Name" value={name} required maxlength={60} />
            <button class="button small">Rename</button>
          </Form>
        </details>
        <button class="button quiet small" type="button" data-passkey="remove" data-id={passkey.id} hidden>
          Remove
        </button>
      </span>
    </li>
  );
}
