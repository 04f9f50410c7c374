import type { Session } from '../../../domain/entities/session.ts';
import { DEFAULT_LANGUAGE, DEFAULT_TIME_ZONE, User } from '../../../domain/entities/user.ts';
import type { Role } from '../../../domain/entities/user.ts';
import { dateOrNull, instantOrNull } from './dates.ts';

/** Documents of older programs lack the optional fields. */
export type UserDocument = {
  readonly _id: string;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly passwordHash: string;
  readonly createdAt: Date;
  readonly emailVerifiedAt?: Date | null;
  readonly language?: string;
  readonly timeZone?: string;
  readonly lockedAt?: Date | null;
  readonly erasedAt?: Date | null;
};

/** Documents of older programs lack the optional fields. */
export type SessionDocument = {
  readonly _id: string;
  readonly userId: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly endedAt: Date | null;
  readonly refreshDigest?: string | null;
  readonly previousDigest?: string | null;
  readonly refreshedAt?: Date;
  readonly lastUsedAt?: Date;
  readonly methods?: Session['methods'];
  readonly address?: string | null;
  readonly device?: string | null;
};

/** The document without the hash of the password. */
export function userDocument({ id, ...user }: User): Omit<UserDocument, 'passwordHash'> {
  return {
    _id: id,
    name: user.name,
    email: user.email,
    role: user.role,
    createdAt: new Date(user.createdAt),
    emailVerifiedAt: dateOrNull(user.emailVerifiedAt),
    language: user.language,
    timeZone: user.timeZone,
    lockedAt: dateOrNull(user.lockedAt),
    erasedAt: dateOrNull(user.erasedAt),
  };
}

export function userOf({ _id, ...document }: UserDocument): User {
  return User.restore({
    id: _id,
    name: document.name,
    email: document.email,
    role: document.role,
    createdAt: document.createdAt.getTime(),
    emailVerifiedAt: instantOrNull(document.emailVerifiedAt),
    language: document.language ?? DEFAULT_LANGUAGE,
    timeZone: document.timeZone ?? DEFAULT_TIME_ZONE,
    lockedAt: instantOrNull(document.lockedAt),
    erasedAt: instantOrNull(document.erasedAt),
  });
}

export function sessionDocument({ id, ...session }: Session): SessionDocument {
  return {
    ...session,
    _id: id,
    createdAt: new Date(session.createdAt),
    expiresAt: new Date(session.expiresAt),
    endedAt: dateOrNull(session.endedAt),
    refreshedAt: new Date(session.refreshedAt),
    lastUsedAt: new Date(session.lastUsedAt),
  };
}

export function sessionOf({ _id, ...document }: SessionDocument): Session {
  const createdAt = document.createdAt.getTime();
  return {
    id: _id,
    userId: document.userId,
    createdAt,
    expiresAt: document.expiresAt.getTime(),
    endedAt: instantOrNull(document.endedAt),
    refreshDigest: document.refreshDigest ?? null,
    previousDigest: document.previousDigest ?? null,
    refreshedAt: instantOrNull(document.refreshedAt) ?? createdAt,
    lastUsedAt: instantOrNull(document.lastUsedAt) ?? createdAt,
    methods: document.methods ?? ['password'],
    address: document.address ?? null,
    device: document.device ?? null,
  };
}
