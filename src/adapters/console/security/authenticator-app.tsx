import { Hono } from 'hono';
import { raw } from 'hono/html';
import type { FC } from 'hono/jsx';
import { renderSVG } from 'uqr';
import type { TotpSetup } from '../../../application/factors/totp.ts';
import type { SignedInPageEnv } from '../../shared/page-edge.ts';
import { FaultBox, shownFault } from '../faults.tsx';
import type { FaultText } from '../faults.tsx';
import { readForm } from '../forms.ts';
import { Form, sendPage } from '../layout.tsx';
import { Field } from '../parts/fields.tsx';
import type { ConsolePorts, PageContext } from '../ports.ts';

/** Pages with which a person sets up an authenticator app, removes it, and makes recovery codes. */
export function authenticatorAppRoutes(ports: ConsolePorts) {
  const { edge, bank, formTokens } = ports;
  return new Hono<SignedInPageEnv>()
    .get('/security/authenticator-app', edge.sessionRequired, (c) => send(c))
    .post('/security/authenticator-app', edge.sessionRequired, edge.writeCounted, async (c) => {
      const form = await readForm(c, ports);
      try {
        const setup = await edge.guardPassword(c, () =>
          bank.addTotp(edge.personOf(c), form.exact('password')),
        );
        return await sendCode(c, setup);
      } catch (error) {
        return send(c, shownFault(error, c, ports));
      }
    })
    .post('/security/authenticator-app/confirm', edge.sessionRequired, edge.writeCounted, async (c) => {
      const form = await readForm(c, ports);
      const sealed = formTokens.open(form.text('setup'));
      if (sealed === undefined) return c.redirect('/security/authenticator-app', 303);
      try {
        const codes = await edge.guardSecondFactor(c, () =>
          bank.confirmTotp(edge.personOf(c), codeOf(form.text('code'))),
        );
        return await sendRecoveryCodes(c, codes);
      } catch (error) {
        return sendCode(c, JSON.parse(sealed) as TotpSetup, shownFault(error, c, ports));
      }
    })
    .post('/security/authenticator-app/remove', edge.sessionRequired, edge.writeCounted, async (c) => {
      const form = await readForm(c, ports);
      const answer = { code: codeOf(form.text('code')) };
      try {
        await edge.guardSecondFactor(c, () => bank.removeTotp(edge.personOf(c), answer));
      } catch (error) {
        return send(c, shownFault(error, c, ports));
      }
      return c.redirect('/security?done=totp-removed', 303);
    })
    .post('/security/recovery-codes', edge.sessionRequired, edge.writeCounted, async (c) => {
      const form = await readForm(c, ports);
      const answer = { code: codeOf(form.text('code')) };
      try {
        const codes = await edge.guardSecondFactor(c, () => bank.makeRecoveryCodes(edge.personOf(c), answer));
        return await sendRecoveryCodes(c, codes);
      } catch (error) {
        return send(c, shownFault(error, c, ports));
      }
    });

  async function send(c: PageContext, fault?: FaultText): Promise<Response> {
    const { totpSince, recoveryCodes } = await bank.listFactors(c.get('caller').id);
    return sendPage(c, ports, {
      title: 'Authenticator app',
      section: 'security',
      children: totpSince === null ? <SetUp fault={fault} /> : <Manage fault={fault} left={recoveryCodes} />,
    });
  }

  function sendCode(c: PageContext, setup: TotpSetup, fault?: FaultText): Response | Promise<Response> {
    return sendPage(c, ports, {
      title: 'Scan the code',
      section: 'security',
      children: (
        <section class="card narrow">
          <h1>Scan the code</h1>
          <p class="lead">Open your authenticator app, scan the picture, and enter the code that it shows.</p>
          <FaultBox fault={fault} />
          <div class="qr">{raw(renderSVG(setup.uri, { border: 2 }))}</div>
          <p class="fine">
            No camera? Type this into the app: <code>{grouped(setup.secret)}</code>
          </p>
          <Form action="/security/authenticator-app/confirm">
            <input type="hidden" name="setup" value={formTokens.seal(JSON.stringify(setup))} />
            <Field
              name="code"
              label="Code"
              autocomplete="one-time-code"
              inputmode="numeric"
              required
              autofocus
              maxlength={10}
            />
            <div class="actions">
              <button class="button">Confirm</button>
              <a href="/security">Cancel</a>
            </div>
          </Form>
        </section>
      ),
    });
  }

  function sendRecoveryCodes(c: PageContext, codes: readonly string[]): Response | Promise<Response> {
    return sendPage(c, ports, {
      title: 'Your recovery codes',
      section: 'security',
      children: (
        <section class="card narrow">
          <h1>Your recovery codes</h1>
          <p class="lead">
            Print or write them down now: they are not shown again. Each signs you in once if you lose your
            device.
          </p>
          <ul class="codes">
            {codes.map((code) => (
              <li>
                <code>{code}</code>
              </li>
            ))}
          </ul>
          <p class="actions">
            <a class="button" href="/security">
              I have kept them
            </a>
          </p>
        </section>
      ),
    });
  }
}

const SetUp: FC<{ fault: FaultText | undefined }> = ({ fault }) => (
  <section class="card narrow">
    <h1>Set up an authenticator app</h1>
    <p class="lead">From then on you enter a code of six digits from your phone when you sign in.</p>
    <FaultBox fault={fault} />
    <Form action="/security/authenticator-app">
      <Field
        name="password"
        label="Your password"
        type="password"
        autocomplete="current-password"
        required
        maxlength={256}
      />
      <div class="actions">
        <button class="button">Go on</button>
        <a href="/security">Cancel</a>
      </div>
    </Form>
  </section>
);

const Manage: FC<{ fault: FaultText | undefined; left: number }> = ({ fault, left }) => (
  <section class="card narrow">
    <h1>Authenticator app</h1>
    <p class="lead">{`It is set up. ${left} recovery codes are left.`}</p>
    <FaultBox fault={fault} />
    <Form action="/security/recovery-codes">
      <Field
        name="code"
        label="A code of the app, or a recovery code"
        autocomplete="one-time-code"
        required
        maxlength={64}
      />
      <div class="actions">
        <button class="button">Make new recovery codes</button>
        <button class="button bad" formaction="/security/authenticator-app/remove">
          Remove the app
        </button>
        <a href="/security">Cancel</a>
      </div>
    </Form>
  </section>
);

/** People type codes with spaces. */
function codeOf(text: string): string {
  return text.replaceAll(/\s/g, '');
}

function grouped(secret: string): string {
  return secret.replaceAll(/(.{4})(?=.)/g, '$1 ');
}
