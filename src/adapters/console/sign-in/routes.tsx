import { Hono } from 'hono';
import type { Context } from 'hono';
import type { PageEnv, SignedInPageEnv } from '../../shared/page-edge.ts';
import { PassbookError } from '../../../domain/errors.ts';
import { assetPath } from '../assets.ts';
import { FaultBox, shownFault } from '../faults.tsx';
import type { FaultText } from '../faults.tsx';
import { localPath, queryOf, readForm, readOpenForm } from '../forms.ts';
import { Form, sendOpenPage } from '../layout.tsx';
import { Field } from '../parts/fields.tsx';
import type { ConsolePorts } from '../ports.ts';

/** Pages with which a person signs in, registers and signs out. */
export function signInRoutes(ports: ConsolePorts) {
  const { edge } = ports;
  const app = new Hono<PageEnv>()
    .get('/sign-in', (c) => {
      const query = queryOf(c);
      return sendSignIn(c, { next: localPath(query.text('next')), hasEnded: query.has('ended') });
    })
    .post('/sign-in', async (c) => {
      const form = await readOpenForm(c, ports);
      const next = localPath(form.text('next'));
      const credentials = { email: form.text('email'), password: form.exact('password') };
      return signIn(c, { credentials, next });
    })
    .post('/sign-in/code', async (c) => {
      const form = await readOpenForm(c, ports);
      const next = localPath(form.text('next'));
      const opened = ports.formTokens.open(form.text('credentials'));
      if (opened === undefined) return c.redirect('/sign-in?ended=1', 303);
      const credentials = JSON.parse(opened) as Credentials;
      return signIn(c, { credentials, next, code: form.text('code') });
    })
    .get('/register', (c) => sendRegistration(c, {}))
    .post('/register', async (c) => {
      const form = await readOpenForm(c, ports);
      const [name, email] = [form.text('name'), form.text('email')];
      try {
        await edge.register(c, { name, email, password: form.exact('password') });
      } catch (error) {
        return sendRegistration(c, { name, email, fault: shownFault(error, c, ports) });
      }
      return c.redirect('/', 303);
    });
  const signedIn = new Hono<SignedInPageEnv>().post('/sign-out', edge.sessionRequired, async (c) => {
    await readForm(c, ports);
    await edge.signOut(c);
    return c.redirect('/sign-in', 303);
  });
  return app.route('/', signedIn as unknown as Hono<PageEnv>);

  async function signIn(c: Context<PageEnv>, { credentials, next, code }: Attempt): Promise<Response> {
    try {
      await edge.signIn(c, { ...credentials, secondFactor: code === undefined ? undefined : { code } });
    } catch (error) {
      if (!(error instanceof PassbookError)) throw error;
      const fault = shownFault(error, c, ports);
      if (error.code === 'second_factor_required') return sendCodePage(c, { credentials, next });
      if (code !== undefined && error.code !== 'invalid_credentials') {
        return sendCodePage(c, { credentials, next, fault });
      }
      return sendSignIn(c, { next, email: credentials.email, fault });
    }
    return c.redirect(next, 303);
  }

  async function sendSignIn(c: Context, { next, email = '', fault, hasEnded = false }: SignInState) {
    return sendOpenPage(c, ports, {
      title: 'Sign in',
      children: (
        <div class="gate">
          <section class="card">
            <h1>Sign in</h1>
            <p class="lead">Welcome to {edge.bankName}.</p>
            {hasEnded && (
              <div class="note" role="status">
                Your session has ended. Sign in again: nothing was lost, and nothing was done since.
              </div>
            )}
            <FaultBox fault={fault} />
            <Form action="/sign-in">
              <input type="hidden" name="next" value={next} />
              <Field
                name="email"
                label="E-mail address"
                type="email"
                value={email}
                autocomplete="username"
                required
                autofocus={email === ''}
                maxlength={254}
              />
              <Field
                name="password"
                label="Password"
                type="password"
                autocomplete="current-password"
                required
                autofocus={email !== ''}
                maxlength={256}
              />
              <button class="button wide">Sign in</button>
            </Form>
            <button class="button quiet wide" type="button" data-passkey="sign-in" data-next={next} hidden>
              Use a passkey
            </button>
            <p class="field-fault" id="passkey-fault" role="alert"></p>
            <p class="links">
              <a href="/forgot-password">Forgot your password?</a>
              <a href="/register">Open an account</a>
            </p>
          </section>
          <script src={assetPath('passkeys.js')} defer></script>
        </div>
      ),
    });
  }

  async function sendCodePage(c: Context, { credentials, next, fault }: Attempt & { fault?: FaultText }) {
    return sendOpenPage(c, ports, {
      title: 'Enter your code',
      children: (
        <div class="gate">
          <section class="card">
            <h1>Enter your code</h1>
            <p class="lead">Your authenticator app shows a code of six digits. A recovery code works too.</p>
            <FaultBox fault={fault} />
            <Form action="/sign-in/code">
              <input type="hidden" name="next" value={next} />
              <input
                type="hidden"
                name="credentials"
                value={ports.formTokens.seal(JSON.stringify(credentials))}
              />
              <Field
                name="code"
                label="Code"
                autocomplete="one-time-code"
                required
                autofocus
                maxlength={64}
              />
              <button class="button wide">Sign in</button>
            </Form>
            <p class="links">
              <a href="/sign-in">Start again</a>
            </p>
          </section>
        </div>
      ),
    });
  }

  async function sendRegistration(c: Context, { name = '', email = '', fault }: RegistrationState) {
    return sendOpenPage(c, ports, {
      title: 'Open an account',
      children: (
        <div class="gate">
          <section class="card">
            <h1>Open an account</h1>
            <p class="lead">It takes a minute. You get a mail to confirm your address.</p>
            <FaultBox fault={fault} />
            <Form action="/register">
              <Field
                name="name"
                label="Your name"
                value={name}
                autocomplete="name"
                required
                autofocus
                maxlength={100}
                hint="People whom you pay see it."
              />
              <Field
                name="email"
                label="E-mail address"
                type="email"
                value={email}
                autocomplete="username"
                required
                maxlength={254}
              />
              <Field
                name="password"
                label="Password"
                type="password"
                autocomplete="new-password"
                required
                minlength={8}
                maxlength={256}
                hint="At least 8 characters. A few words that you remember are better than one with signs."
              />
              <button class="button wide">Open an account</button>
            </Form>
            <p class="links">
              <a href="/sign-in">I have an account</a>
            </p>
          </section>
        </div>
      ),
    });
  }
}

type SignInState = {
  readonly next: string;
  readonly email?: string;
  readonly fault?: FaultText;
  readonly hasEnded?: boolean;
};

type Credentials = { readonly email: string; readonly password: string };

/** `code` is absent until the person was asked for one. */
type Attempt = { readonly credentials: Credentials; readonly next: string; readonly code?: string };

type RegistrationState = { readonly name?: string; readonly email?: string; readonly fault?: FaultText };
