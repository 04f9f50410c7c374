import type { SecurityNotice } from '../../domain/entities/notification.ts';

/** Texts of a mail about a sign-in or a credential. */
export type SecurityWords = { readonly subject: string; readonly lead: string };

export const securityWords: Readonly<Record<SecurityNotice, SecurityWords>> = {
  verify_email: {
    subject: 'Confirm your e-mail address',
    lead: 'Confirm that this e-mail address is yours.',
  },
  reset_password: {
    subject: 'Reset your password',
    lead: 'Somebody asked to reset your password. The link works once, and for one hour.',
  },
  confirm_new_email: {
    subject: 'Confirm your new e-mail address',
    lead: 'Confirm that this is your new e-mail address.',
  },
  email_changed: { subject: 'Your e-mail address was changed', lead: 'Your e-mail address was changed.' },
  password_changed: { subject: 'Your password was changed', lead: 'Your password was changed.' },
  new_sign_in: { subject: 'New sign-in to your account', lead: 'Somebody signed in as you.' },
  refresh_token_reused: {
    subject: 'We ended a session of yours',
    lead: 'An old token of a session was used again, so it may have been copied. We ended the session.',
  },
  totp_added: { subject: 'An authenticator app was added', lead: 'An authenticator app was added.' },
  totp_removed: {
    subject: 'Your authenticator app was removed',
    lead: 'Your authenticator app was removed.',
  },
  recovery_code_used: {
    subject: 'A recovery code was used',
    lead: 'Somebody signed in with a recovery code.',
  },
  recovery_codes_made: { subject: 'You have new recovery codes', lead: 'Your old recovery codes are void.' },
  passkey_added: { subject: 'A passkey was added', lead: 'A passkey was added.' },
  passkey_removed: { subject: 'A passkey was removed', lead: 'A passkey was removed.' },
  api_key_made: { subject: 'An API key was made', lead: 'A program can now act for you with an API key.' },
  role_granted: { subject: 'Your role was changed', lead: 'Your role at the bank was changed.' },
  user_locked: { subject: 'Your access was locked', lead: 'The bank locked your access.' },
  user_erased: { subject: 'Your data was erased', lead: 'Your personal data was erased, as you asked.' },
};
