import type { Context } from 'hono';
import { html } from 'hono/html';
import type { LinkPage } from '../../shared/link-pages.ts';
import { LINK_PAGES } from '../../shared/link-pages.ts';
import { sendDocumentPage } from './page.ts';
import type { Markup } from './page.ts';

const POLICY =
  "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** Texts of a page with one form. */
type FormTexts = {
  readonly title: string;
  readonly lead: string;
  readonly button: string;
  /** Shown once the form was accepted. */
  readonly done: string;
};

const TEXTS: Readonly<Record<LinkPage, FormTexts>> = {
  verifyEmail: {
    title: 'Confirm your e-mail address',
    lead: 'Confirm that the mailbox with this link is yours.',
    button: 'Confirm this address',
    done: 'Thank you. Your e-mail address is confirmed.',
  },
  confirmEmail: {
    title: 'Confirm your new e-mail address',
    lead: 'From now on you sign in with this address, and all mail goes to it.',
    button: 'Confirm this address',
    done: 'Your e-mail address is changed. Sign in with the new one from now on.',
  },
  resetPassword: {
    title: 'Choose a new password',
    lead: 'All your sessions end, and you sign in again with the new password.',
    button: 'Set the new password',
    done: 'Your password is changed. You can sign in with it now.',
  },
  forgotPassword: {
    title: 'Reset your password',
    lead: 'Enter the e-mail address of your account. You get a mail with a link.',
    button: 'Send the link',
    done: 'If the address belongs to an account, a mail with a link is on its way. The link works for one hour.',
  },
};

type FormState = {
  readonly token?: string;
  readonly email?: string;
  /** Fault of the last attempt, as a sentence. */
  readonly fault?: string;
};

/** Sends the form of a page, which works without scripts. */
export function sendFormPage(c: Context, page: LinkPage, state: FormState): Promise<Response> {
  const { title, lead, button } = TEXTS[page];
  return send(
    c,
    title,
    html`<p class="lead">${lead}</p>
${state.fault === undefined ? '' : html`<p class="fault" role="alert" id="fault">${state.fault}</p>`}
<form method="post" action="${LINK_PAGES[page]}">
${state.token === undefined ? '' : html`<input type="hidden" name="token" value="${state.token}">`}
${fieldOf(page, state)}
<button>${button}</button>
</form>`,
  );
}

/** Sends the page that follows an accepted form. */
export function sendDonePage(c: Context, page: LinkPage): Promise<Response> {
  const { title, done } = TEXTS[page];
  return send(c, title, html`<p class="lead" role="status">${done}</p>`);
}

/** Sends a page about a link that no longer works, or any other refusal. */
export function sendFaultPage(c: Context, page: LinkPage, fault: string): Promise<Response> {
  const again =
    page === 'resetPassword'
      ? html`<p><a href="${LINK_PAGES.forgotPassword}">Ask for a new link</a></p>`
      : html`<p>Sign in and ask for a new link.</p>`;
  const isLink = page !== 'forgotPassword';
  return send(
    c,
    TEXTS[page].title,
    html`<p class="fault" role="alert">${fault}</p>
${isLink ? again : ''}`,
  );
}

function fieldOf(page: LinkPage, { email = '', fault }: FormState): Markup | string {
  const described = fault === undefined ? 'hint' : 'hint fault';
  if (page === 'resetPassword') {
    return html`<label for="password">New password</label>
<input id="password" name="password" type="password" autocomplete="new-password" required minlength="8" maxlength="256" aria-describedby="${described}" autofocus>
<p class="facts" id="hint">At least 8 characters. A few words that you remember are better than one with signs.</p>`;
  }
  if (page === 'forgotPassword') {
    return html`<label for="email">E-mail address</label>
<input id="email" name="email" type="email" autocomplete="email" required maxlength="254" value="${email}" aria-describedby="${described}" autofocus>
<p class="facts" id="hint">The answer is the same for every address.</p>`;
  }
  return '';
}

function send(c: Context, title: string, content: Markup): Promise<Response> {
  // The token stays out of every referrer; without any, browsers send no origin with the form either
  c.header('Referrer-Policy', 'strict-origin');
  return sendDocumentPage(c, {
    title: `${title} · Passbook`,
    policy: POLICY,
    body: html`<main class="form">
<h1>${title}</h1>
${content}
</main>`,
  });
}
