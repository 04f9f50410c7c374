import type { FC } from 'hono/jsx';
import { deviceName } from '../../../../domain/entities/device-name.ts';
import type { SecurityAction, SecurityEvent } from '../../../../domain/entities/security-event.ts';
import type { User } from '../../../../domain/entities/user.ts';
import { Moment, PersonLink } from '../parts.tsx';

const EVENT_TEXTS: Readonly<Record<SecurityAction, string>> = {
  registered: 'Registered',
  signed_in: 'Signed in',
  sign_in_refused: 'Sign-in refused',
  signed_out: 'Signed out',
  session_revoked: 'Session ended',
  refresh_token_reused: 'A stolen session was ended',
  email_verified: 'E-mail address verified',
  email_change_requested: 'Asked to change the e-mail address',
  email_changed: 'E-mail address changed',
  password_changed: 'Password changed',
  password_reset_requested: 'Link for a new password sent',
  password_reset: 'Password reset',
  profile_changed: 'Profile changed',
  data_exported: 'Personal data exported',
  user_erased: 'Personal data erased',
  totp_added: 'Authenticator app added',
  totp_removed: 'Authenticator app removed',
  recovery_codes_made: 'Recovery codes made',
  recovery_code_used: 'Recovery code used',
  passkey_added: 'Passkey added',
  passkey_removed: 'Passkey removed',
  order_confirmed: 'Payment confirmed',
  confirmation_refused: 'Confirmation of a payment refused',
  api_key_made: 'API key made',
  api_key_revoked: 'API key revoked',
  role_granted: 'Role granted',
  user_locked: 'Locked out',
  user_unlocked: 'Let in again',
  access_denied: 'Access denied',
  mail_retried: 'Sending of a mail tried again',
};

/** Events that somebody should look at. */
const SUSPICIOUS: readonly SecurityAction[] = [
  'sign_in_refused',
  'refresh_token_reused',
  'confirmation_refused',
  'access_denied',
  'user_locked',
];

export type SecurityEventListProps = {
  readonly events: readonly SecurityEvent[];
  readonly users: ReadonlyMap<string, User>;
  /** Whether the events are of one person, whose name would be in each line. Default: false. */
  readonly isOfOne?: boolean;
};

/** Security events as lines: whose, what, from where and on which device. */
export const SecurityEventList: FC<SecurityEventListProps> = ({ events, users, isOfOne = false }) => (
  <ol class="log">
    {events.map((event) => (
      <li>
        <p class="log-text">
          {!isOfOne && (
            <>
              {event.userId === null ? 'Somebody unknown' : <PersonLink id={event.userId} users={users} />}
              {': '}
            </>
          )}
          <span class={SUSPICIOUS.includes(event.action) ? 'bad-text' : undefined}>
            {EVENT_TEXTS[event.action]}
          </span>
          {event.actorId !== event.userId && event.userId !== null && (
            <>
              {' by '}
              {event.actorId === null ? 'the command line' : <PersonLink id={event.actorId} users={users} />}
            </>
          )}
          {event.details['reason'] !== undefined && (
            <>
              : <q>{event.details['reason']}</q>
            </>
          )}
        </p>
        <p class="fine">
          <Moment at={event.at} />
          {event.address !== null && ` · ${event.address}`}
          {event.device !== null && ` · ${deviceName(event.device) ?? ''}`}
          {detailsText(event) !== '' && ` · ${detailsText(event)}`}
        </p>
      </li>
    ))}
  </ol>
);

const DETAIL_TEXTS: Readonly<Record<string, string>> = {
  methods: 'by',
  keyId: 'key id',
  prefix: 'key',
  scopes: 'scopes:',
  messageId: 'message',
};

function detailsText({ details }: SecurityEvent): string {
  return Object.entries(details)
    .filter(([name]) => name !== 'reason')
    .map(([name, value]) => `${DETAIL_TEXTS[name] ?? name} ${value}`)
    .join(', ');
}
