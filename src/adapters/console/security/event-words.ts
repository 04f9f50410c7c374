import type { SecurityAction } from '../../../domain/entities/security-event.ts';

/** Security events in the words of the person whom they concern. */
export const EVENT_WORDS: Readonly<Record<SecurityAction, string>> = {
  registered: 'You opened your access',
  signed_in: 'Signed in',
  sign_in_refused: 'A sign-in was refused',
  signed_out: 'Signed out',
  session_revoked: 'A session was ended',
  refresh_token_reused: 'A session was ended, because somebody used an old token of it',
  email_verified: 'Your e-mail address was confirmed',
  email_change_requested: 'A change of your e-mail address was asked for',
  email_changed: 'Your e-mail address was changed',
  password_changed: 'Your password was changed',
  password_reset_requested: 'A mail for a new password was asked for',
  password_reset: 'Your password was set anew by mail',
  profile_changed: 'Your profile was changed',
  data_exported: 'Your data was exported',
  user_erased: 'Your personal data was erased',
  totp_added: 'An authenticator app was added',
  totp_removed: 'The authenticator app was removed',
  recovery_codes_made: 'New recovery codes were made',
  recovery_code_used: 'A recovery code was used',
  passkey_added: 'A passkey was added',
  passkey_removed: 'A passkey was removed',
  order_confirmed: 'A payment was confirmed with a second factor',
  confirmation_refused: 'The confirmation of a payment was refused',
  api_key_made: 'An API key was made',
  api_key_revoked: 'An API key was revoked',
  role_granted: 'Your role was changed',
  user_locked: 'The bank locked your access',
  user_unlocked: 'The bank opened your access again',
  access_denied: 'A page that your role does not include was refused',
  mail_retried: 'A mail to you was sent again by the bank',
};

const SYSTEMS = [
  ['Windows', /Windows/],
  ['iPhone', /iPhone/],
  ['iPad', /iPad/],
  ['Android', /Android/],
  ['Mac', /Mac OS X|Macintosh/],
  ['Linux', /Linux/],
] as const;
const BROWSERS = [
  ['Edge', /\bEdg\//],
  ['Opera', /\bOPR\//],
  ['Firefox', /\bFirefox\//],
  ['Chrome', /Chrom(e|ium)\//],
  ['Safari', /\bSafari\//],
] as const;

/** A device for people, such as "Firefox on Linux". Programs keep the beginning of their own name. */
export function deviceText(device: string | null): string {
  if (device === null) return 'Unknown device';
  const browser = BROWSERS.find(([, pattern]) => pattern.test(device))?.[0];
  const system = SYSTEMS.find(([, pattern]) => pattern.test(device))?.[0];
  if (browser === undefined) return device.split(' ')[0] ?? device;
  return system === undefined ? browser : `${browser} on ${system}`;
}
