import type { Session } from '../../../domain/entities/session.ts';
import { User } from '../../../domain/entities/user.ts';
import type { UserState } from '../../../domain/entities/user.ts';

export type UserDocument = Omit<UserState, 'id' | 'createdAt'> & {
  readonly _id: string;
  readonly passwordHash: string;
  readonly createdAt: Date;
};

export type SessionDocument = {
  readonly _id: string;
  readonly userId: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly endedAt: Date | null;
};

export function userDocument(user: User, passwordHash: string): UserDocument {
  const { id, name, email, role, createdAt } = user;
  return { _id: id, name, email, role, passwordHash, createdAt: new Date(createdAt) };
}

export function userOf({ _id, name, email, role, createdAt }: UserDocument): User {
  return User.restore({ id: _id, name, email, role, createdAt: createdAt.getTime() });
}

export function sessionDocument({ id, userId, createdAt, expiresAt, endedAt }: Session): SessionDocument {
  return {
    _id: id,
    userId,
    createdAt: new Date(createdAt),
    expiresAt: new Date(expiresAt),
    endedAt: endedAt === null ? null : new Date(endedAt),
  };
}

export function sessionOf({ _id, userId, createdAt, expiresAt, endedAt }: SessionDocument): Session {
  return {
    id: _id,
    userId,
    createdAt: createdAt.getTime(),
    expiresAt: expiresAt.getTime(),
    endedAt: endedAt === null ? null : endedAt.getTime(),
  };
}
