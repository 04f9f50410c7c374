import type { Instant } from '../time.ts';

export const SECURITY_ACTIONS = [
  'registered',
  'signed_in',
  'sign_in_refused',
  'signed_out',
  'session_revoked',
  'refresh_token_reused',
  'email_verified',
  'email_change_requested',
  'email_changed',
  'password_changed',
  'password_reset_requested',
  'password_reset',
  'profile_changed',
  'data_exported',
  'user_erased',
  'totp_added',
  'totp_removed',
  'recovery_codes_made',
  'recovery_code_used',
  'passkey_added',
  'passkey_removed',
  'order_confirmed',
  'confirmation_refused',
  'api_key_made',
  'api_key_revoked',
  'role_granted',
  'user_locked',
  'user_unlocked',
  'access_denied',
  'mail_retried',
] as const;
export type SecurityAction = (typeof SECURITY_ACTIONS)[number];

/** Where a request came from. Null if unknown. */
export type Origin = {
  readonly address: string | null;
  /** The user agent, cut to 200 characters. */
  readonly device: string | null;
};

/** One event of a person's sign-ins and credentials. Never holds a password, token, code or key. */
export type SecurityEvent = Origin & {
  /** Version 7 UUID, so that events sort in order of time. */
  readonly id: string;
  readonly at: Instant;
  /** The affected user; null if no user has the given e-mail address. */
  readonly userId: string | null;
  /** The user who acted; null for an operator at the command line, and for an unknown person. */
  readonly actorId: string | null;
  readonly action: SecurityAction;
  readonly sessionId: string | null;
  readonly details: Readonly<Record<string, string>>;
};
