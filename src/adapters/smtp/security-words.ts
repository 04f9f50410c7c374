import type { SecurityNotice, SecurityNotification } from '../../domain/entities/notification.ts';
import type { LinkPage } from '../shared/link-pages.ts';
import { deviceName } from '../../domain/entities/device-name.ts';
import { NOT_EXPECTED, NOT_YOU } from './mail-words.ts';
import type { MailFact } from './mail-words.ts';

/** The words of a mail about a sign-in or a credential. */
export type SecurityWords = {
  readonly subject: string;
  readonly lead: string;
  /** Label and page of the link that the mail brings. */
  readonly link?: readonly [label: string, page: LinkPage];
  readonly advice: {
    readonly title: string;
    readonly steps: readonly { readonly text: string; readonly page?: LinkPage }[];
  };
};

/** The first step of everyone whose access or money another person used. */
export const RESET_STEP = {
  text: 'Reset your password at once. That ends all sessions.',
  page: 'forgotPassword',
} as const;
const RESET = {
  advice: {
    title: NOT_YOU,
    steps: [RESET_STEP, { text: 'Look through your transactions, and tell the bank which were not yours.' }],
  },
} as const;
const IGNORE = {
  advice: { title: NOT_YOU, steps: [{ text: 'Ignore this mail. Nothing changes without the link.' }] },
} as const;

export const securityWords: Readonly<Record<SecurityNotice, SecurityWords>> = {
  verify_email: {
    subject: 'Confirm your e-mail address',
    lead: 'Confirm that this e-mail address is yours. The link works once, for 24 hours.',
    link: ['Confirm this address', 'verifyEmail'],
    ...IGNORE,
  },
  reset_password: {
    subject: 'Reset your password',
    lead: 'Somebody asked to reset your password. The link works once, for one hour.',
    link: ['Choose a new password', 'resetPassword'],
    ...IGNORE,
  },
  confirm_new_email: {
    subject: 'Confirm your new e-mail address',
    lead: 'Somebody gave this as their new e-mail address. The link works once, for 24 hours.',
    link: ['Confirm this address', 'confirmEmail'],
    ...IGNORE,
  },
  email_changed: {
    subject: 'Your e-mail address was changed',
    lead: 'Your account now has another e-mail address. This one no longer signs you in.',
    advice: {
      title: NOT_YOU,
      steps: [{ text: 'Contact the bank at once, and ask it to lock your access.' }],
    },
  },
  password_changed: {
    subject: 'Your password was changed',
    lead: 'Your password was changed, and your other sessions have ended.',
    ...RESET,
  },
  new_sign_in: {
    subject: 'New sign-in to your account',
    lead: 'Somebody signed in to your account from a place or device that we did not know.',
    ...RESET,
  },
  refresh_token_reused: {
    subject: 'We ended a session of yours',
    lead: 'An old token of a session was used again. It may have been copied, so we ended the session.',
    ...RESET,
  },
  totp_added: {
    subject: 'An authenticator app was added',
    lead: 'Your account now takes codes from an authenticator app as a second factor.',
    ...RESET,
  },
  totp_removed: {
    subject: 'Your authenticator app was removed',
    lead: 'Your account no longer takes codes from your authenticator app.',
    ...RESET,
  },
  recovery_code_used: {
    subject: 'A recovery code was used',
    lead: 'Somebody used one of your recovery codes. It does not work again.',
    ...RESET,
  },
  recovery_codes_made: {
    subject: 'You have new recovery codes',
    lead: 'New recovery codes were made. The old ones no longer work.',
    ...RESET,
  },
  passkey_added: {
    subject: 'A passkey was added',
    lead: 'A new passkey can sign in to your account.',
    ...RESET,
  },
  passkey_removed: {
    subject: 'A passkey was removed',
    lead: 'A passkey can no longer sign in to your account.',
    ...RESET,
  },
  api_key_made: {
    subject: 'An API key was made',
    lead: 'A program can now act for you with an API key.',
    advice: { title: NOT_YOU, steps: [{ text: 'Revoke the key.' }, RESET_STEP] },
  },
  role_granted: {
    subject: 'Your role was changed',
    lead: 'The bank gave you another role.',
    advice: { title: NOT_EXPECTED, steps: [{ text: 'Contact the bank.' }] },
  },
  user_locked: {
    subject: 'Your access was locked',
    lead: 'The bank locked your access, and your sessions have ended. Your money stays where it is.',
    advice: {
      title: 'Do you need access? Do this.',
      steps: [{ text: 'Contact the bank to have it unlocked.' }],
    },
  },
  user_erased: {
    subject: 'Your data was erased',
    lead: 'Your personal data was erased, as you asked. The books keep your transactions, as they must.',
    advice: { title: NOT_YOU, steps: [{ text: 'Contact the bank at once.' }] },
  },
};

/** Facts of a mail: its details, and from where the request came. */
export function securityFacts({ details, address, device }: SecurityNotification): readonly MailFact[] {
  return [
    ...Object.entries(details).map(([key, value]) => [labelOf(key), [{ chosen: value }]] as const),
    ...(address === null ? [] : [['Internet address', [address]] as const]),
    ...(device === null ? [] : [['Device', [deviceText(device)]] as const]),
  ];
}

/** A stranger can ask for some mails, from a program with any name: no name that could be an address is shown. */
function deviceText(device: string): string {
  const name = deviceName(device) ?? '';
  return /^[\w +-]{1,40}$/.test(name) ? name : 'unknown';
}

/** A field's name as a label: "transferLimit" becomes "Transfer limit". */
function labelOf(key: string): string {
  const words = key.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
