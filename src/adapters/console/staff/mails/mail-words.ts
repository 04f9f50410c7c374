import type { Notification, SecurityNotice } from '../../../../domain/entities/notification.ts';

const KINDS: Readonly<Record<Exclude<Notification['kind'], 'security'>, string>> = {
  welcome: 'Welcome',
  digest: 'Digest of an hour',
  transfer_sent: 'Payment sent',
  transfer_received: 'Payment received',
  transfer_between_own_accounts: 'Transfer between own accounts',
  initial_funds_received: 'Money added by the bank',
  withdrawal_made: 'Money paid out',
  hold_placed: 'Money reserved',
  hold_received: 'Reservation for the person',
};

const NOTICES: Readonly<Record<SecurityNotice, string>> = {
  verify_email: 'Confirm the e-mail address',
  reset_password: 'Link for a new password',
  confirm_new_email: 'Confirm the new e-mail address',
  email_changed: 'E-mail address changed',
  password_changed: 'Password changed',
  new_sign_in: 'New sign-in',
  refresh_token_reused: 'Stolen session ended',
  totp_added: 'Authenticator app added',
  totp_removed: 'Authenticator app removed',
  recovery_code_used: 'Recovery code used',
  recovery_codes_made: 'Recovery codes made',
  passkey_added: 'Passkey added',
  passkey_removed: 'Passkey removed',
  api_key_made: 'API key made',
  role_granted: 'Role granted',
  user_locked: 'Locked out',
  user_erased: 'Personal data erased',
};

/** The subject of a mail in words of the staff. */
export function mailText({
  kind,
  notice = null,
}: {
  readonly kind: Notification['kind'];
  readonly notice?: SecurityNotice | null;
}): string {
  if (kind !== 'security') return KINDS[kind];
  return notice === null ? 'Security' : NOTICES[notice];
}

/** Words of the reasons that the dispatcher gives, and of those that mail servers and connections give most. */
const REASONS: readonly (readonly [pattern: RegExp, words: string])[] = [
  [
    /^refused by the mail server$/,
    'The mail server refuses it, most likely because there is no such address',
  ],
  [/^no such user$/, 'The person does not exist any more'],
  [/was left alone/, 'Other mails failed first, so the mail server is left alone for a while'],
  [/invalid login|authentication|\b(?:530|534|535|538)\b|EAUTH/i, 'The mail server refuses the sign-in'],
  [/certificate|\btls\b|\bssl\b/i, 'The connection to the mail server is not secure'],
  [
    /too (?:many|much|fast)|rate.?limit|limit exceeded|quota|throttl/i,
    'The mail server takes no more for now',
  ],
  [
    /ECONN|ENOTFOUND|EAI_AGAIN|getaddrinfo|EHOSTUNREACH|timeout|timed out|socket|connection|greeting/i,
    'The mail server cannot be reached',
  ],
];

/** Why the last attempt failed, in plain words. Null before the first one failed. */
export function failureText(reason: string | null): string | null {
  if (reason === null) return null;
  return REASONS.find(([pattern]) => pattern.test(reason))?.[1] ?? 'The mail server answered with an error';
}

export function attemptsText(attempts: number): string {
  return attempts === 1 ? '1 attempt' : `${attempts} attempts`;
}
