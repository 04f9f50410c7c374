import * as v from 'valibot';
import type { SecurityEvent } from '../../../domain/entities/security-event.ts';
import { SECURITY_ACTIONS } from '../../../domain/entities/security-event.ts';
import type { User } from '../../../domain/entities/user.ts';
import { omitAbsent } from '../../shared/omit-absent.ts';
import { Time, UserJson } from './bodies.ts';
import type { Json } from './bodies.ts';
import { timeShape, userShape } from './responses.ts';

const nextCursor = v.nullable(v.string());

/** A user as the staff sees them. */
export const StaffUserJson = v.strictObject({
  ...UserJson.entries,
  emailVerifiedAt: v.exactOptional(Time),
  lockedAt: v.exactOptional(Time),
  erasedAt: v.exactOptional(Time),
});
export const StaffUserAnswer = v.strictObject({ user: StaffUserJson });
export const StaffUsersAnswer = v.strictObject({ users: v.array(StaffUserJson), nextCursor });
/** One user, or a page of them. */
export const UsersAnswer = v.union([StaffUserAnswer, StaffUsersAnswer]);

export const SecurityEventJson = v.strictObject({
  id: v.string(),
  at: Time,
  action: v.picklist(SECURITY_ACTIONS),
  userId: v.exactOptional(v.string()),
  actorId: v.exactOptional(v.string()),
  sessionId: v.exactOptional(v.string()),
  address: v.exactOptional(v.string()),
  device: v.exactOptional(v.string()),
  details: v.record(v.string(), v.string()),
});
export const SecurityEventsAnswer = v.strictObject({ events: v.array(SecurityEventJson), nextCursor });

export function staffUserShape(user: User): Json<typeof StaffUserJson> {
  const { emailVerifiedAt, lockedAt, erasedAt } = user;
  return {
    ...userShape(user),
    ...omitAbsent({
      emailVerifiedAt: emailVerifiedAt === null ? null : timeShape(emailVerifiedAt),
      lockedAt: lockedAt === null ? null : timeShape(lockedAt),
      erasedAt: erasedAt === null ? null : timeShape(erasedAt),
    }),
  };
}

export function securityEventShape(event: SecurityEvent): Json<typeof SecurityEventJson> {
  const { id, at, action, details, userId, actorId, sessionId, address, device } = event;
  return {
    id,
    at: timeShape(at),
    action,
    ...omitAbsent({ userId, actorId, sessionId, address, device }),
    details: { ...details },
  };
}
