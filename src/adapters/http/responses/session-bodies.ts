import * as v from 'valibot';
import { deviceName } from '../../../domain/entities/device-name.ts';
import type { Session } from '../../../domain/entities/session.ts';
import type { Instant } from '../../../domain/time.ts';
import type { User } from '../../../domain/entities/user.ts';
import { Id, Time, UserJson } from './bodies.ts';
import { timeShape, userShape } from './responses.ts';

export const SessionJson = v.strictObject({
  id: Id,
  /** Whether the request came in this session. */
  current: v.boolean(),
  device: v.nullable(v.string()),
  address: v.nullable(v.string()),
  createdAt: Time,
  lastUsedAt: Time,
  methods: v.array(v.picklist(['password', 'passkey', 'totp', 'recovery_code'])),
  expiresAt: Time,
});

export const SessionsAnswer = v.strictObject({ sessions: v.array(SessionJson) });

export const RefreshedAnswer = v.strictObject({ user: UserJson, expiresAt: Time });

export function sessionShape(session: Session, current: Session): v.InferOutput<typeof SessionJson> {
  return {
    id: session.id,
    current: session.id === current.id,
    device: deviceName(session.device),
    address: session.address,
    createdAt: timeShape(session.createdAt),
    lastUsedAt: timeShape(session.lastUsedAt),
    methods: [...session.methods],
    expiresAt: timeShape(session.expiresAt),
  };
}

export function refreshedShape({
  user,
  expiresAt,
}: {
  user: User;
  expiresAt: Instant;
}): v.InferOutput<typeof RefreshedAnswer> {
  return { user: userShape(user), expiresAt: timeShape(expiresAt) };
}
