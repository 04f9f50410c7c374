import { Hono } from 'hono';
import type { Context } from 'hono';
import type { Bank } from '../../../application/bank.ts';
import { PassbookError } from '../../../domain/errors.ts';
import { LINK_PAGES } from '../../shared/link-pages.ts';
import type { LinkPage } from '../../shared/link-pages.ts';
import type { HttpEnv } from '../env.ts';
import { takeMail } from '../middleware/mail-quota.ts';
import type { SignInThrottle } from '../middleware/sign-in-throttle.ts';
import { sendDonePage, sendFaultPage, sendFormPage } from '../pages/link-page.ts';
import { originOf } from '../requests/origin.ts';
import { readFormBody } from '../requests/read-form.ts';
import { headersFor, STATUS } from '../responses/problem.ts';

/**
 * Pages behind the links in mails. A GET only shows a form, because programs that scan mails open every link. The form
 * does the work.
 */
export function linkPageRoutes(ports: { bank: Bank; throttle: SignInThrottle; trustedProxies: number }) {
  const { bank, trustedProxies } = ports;
  const app = new Hono<HttpEnv>();
  const page = (name: LinkPage, submit: (c: Context<HttpEnv>, form: URLSearchParams) => Promise<void>) =>
    app
      .get(LINK_PAGES[name], (c) => sendFormPage(c, name, tokenOf(new URL(c.req.url).searchParams)))
      .post(LINK_PAGES[name], async (c) => {
        const form = await readFormBody(c);
        try {
          await submit(c, form);
        } catch (error) {
          if (!(error instanceof PassbookError)) throw error;
          return sendFault(c, name, { form, error });
        }
        return sendDonePage(c, name);
      });

  page('verifyEmail', (c, form) => bank.verifyEmail(linkOf(c, form)));
  page('confirmEmail', (c, form) => bank.confirmEmailChange(linkOf(c, form)));
  page('resetPassword', (c, form) =>
    bank.resetPassword({ ...linkOf(c, form), password: form.get('password') ?? '' }),
  );
  page('forgotPassword', async (c, form) => {
    const email = form.get('email') ?? '';
    await takeMail(c, email, ports);
    await bank.requestPasswordReset({ email, origin: originOf(c, trustedProxies) });
  });
  return app;

  function linkOf(c: Context<HttpEnv>, form: URLSearchParams) {
    return { token: form.get('token') ?? '', origin: originOf(c, trustedProxies) };
  }
}

function sendFault(
  c: Context<HttpEnv>,
  name: LinkPage,
  { form, error }: { form: URLSearchParams; error: PassbookError },
): Promise<Response> {
  const { code, facts } = error;
  c.set('code', code);
  c.status(STATUS[code]);
  for (const [field, value] of Object.entries(headersFor(code, facts))) c.header(field, value);
  const [fault] = facts.errors ?? [];
  if (!fault) return sendFaultPage(c, name, `${error.message}.`);
  const email = form.get('email');
  return sendFormPage(c, name, {
    ...tokenOf(form),
    ...(email === null ? {} : { email }),
    fault: `Your ${LABELS[fault.field] ?? fault.field} ${fault.message}.`,
  });
}

const LABELS: Readonly<Record<string, string>> = { email: 'e-mail address', password: 'password' };

function tokenOf(fields: URLSearchParams): { token?: string } {
  const token = fields.get('token');
  return token === null ? {} : { token };
}
