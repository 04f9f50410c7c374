import type { Erasure } from '../../../application/profile/erase-user.ts';
import type { ExportedCredential } from '../../../application/profile/export-data.ts';
import type { SecurityEvent } from '../../../domain/entities/security-event.ts';
import type { Session } from '../../../domain/entities/session.ts';
import type { User } from '../../../domain/entities/user.ts';
import type { Instant } from '../../../domain/time.ts';
import type { Json } from './bodies.ts';
import type {
  CredentialRecordJson,
  ErasureAnswer,
  EventRecordJson,
  MeAnswer,
  SessionRecordJson,
} from './profile-bodies.ts';
import { userShape } from './responses.ts';

export function meShape(user: User): Json<typeof MeAnswer> {
  const { emailVerifiedAt, language, timeZone } = user;
  return {
    user: userShape(user),
    profile: { emailVerified: emailVerifiedAt !== null, language, timeZone },
  };
}

export function erasureShape({ closedAccounts, openAccounts }: Erasure): Json<typeof ErasureAnswer> {
  return {
    closedAccounts: [...closedAccounts],
    openAccounts: openAccounts.map(({ accountId, code }) => ({ accountId, code })),
    keptInBooks: ['transactions', 'payerNames'],
  };
}

/** Without the digests of tokens. */
export function sessionRecordShape(session: Session): Json<typeof SessionRecordJson> {
  const { id, createdAt, expiresAt, lastUsedAt, methods, address, device } = session;
  return {
    id,
    createdAt: timeText(createdAt),
    expiresAt: timeText(expiresAt),
    lastUsedAt: timeText(lastUsedAt),
    methods: [...methods],
    address,
    device,
  };
}

export function credentialRecordShape(credential: ExportedCredential): Json<typeof CredentialRecordJson> {
  const { kind, createdAt, expiresAt, label } = credential;
  return {
    kind,
    createdAt: timeText(createdAt),
    expiresAt: expiresAt === null ? null : timeText(expiresAt),
    label,
  };
}

export function eventRecordShape(event: SecurityEvent): Json<typeof EventRecordJson> {
  const { id, at, action, sessionId, address, device, details } = event;
  return { id, at: timeText(at), action, sessionId, address, device, details };
}

function timeText(at: Instant): string {
  return new Date(at).toISOString();
}
