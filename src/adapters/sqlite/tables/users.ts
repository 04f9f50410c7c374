import { PassbookError } from '../../../domain/errors.ts';
import { User } from '../../../domain/entities/user.ts';
import type { Role } from '../../../domain/entities/user.ts';
import type { Connection } from '../connection/connection.ts';

type UserRow = {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly password_hash: string;
  readonly created_at: bigint;
};

/** @throws PassbookError `email_already_registered` */
export function insertUser(connection: Connection, user: User, passwordHash: string): void {
  const { id, name, email, role, createdAt } = user;
  const inserted = connection.run(
    `INSERT INTO users (id, name, email, role, password_hash, created_at) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (email) DO NOTHING`,
    id,
    name,
    email,
    role,
    passwordHash,
    createdAt,
  );
  if (inserted === 0) throw new PassbookError('email_already_registered');
}

export function selectUser(connection: Connection, id: string): User | undefined {
  const row = connection.get('SELECT * FROM users WHERE id = ?', id) as UserRow | undefined;
  return row && userOf(row);
}

export function findUserByEmail(
  connection: Connection,
  email: string,
): { user: User; passwordHash: string } | undefined {
  const row = connection.get('SELECT * FROM users WHERE email = ?', email) as UserRow | undefined;
  return row && { user: userOf(row), passwordHash: row.password_hash };
}

export function setRole(connection: Connection, id: string, role: Role): void {
  connection.run('UPDATE users SET role = ? WHERE id = ?', role, id);
}

export function setPasswordHash(connection: Connection, id: string, passwordHash: string): void {
  connection.run('UPDATE users SET password_hash = ? WHERE id = ?', passwordHash, id);
}

function userOf(row: UserRow): User {
  return User.restore({
    id: row.id,
    name: row.name,
    email: row.email,
    role: row.role,
    createdAt: Number(row.created_at),
  });
}
