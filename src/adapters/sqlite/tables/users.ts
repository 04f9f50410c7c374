import { PassbookError } from '../../../domain/errors.ts';
import { User } from '../../../domain/entities/user.ts';
import type { Role } from '../../../domain/entities/user.ts';
import type { PageRequest } from '../../../application/ports/page-request.ts';
import type { UserWithPassword } from '../../../application/ports/user-store.ts';
import type { Connection } from '../connection/connection.ts';

type UserRow = {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly password_hash: string;
  readonly created_at: bigint;
  readonly email_verified_at: bigint | null;
  readonly language: string;
  readonly time_zone: string;
  readonly locked_at: bigint | null;
  readonly erased_at: bigint | null;
};

/** @throws PassbookError `email_already_registered` */
export function insertUser(connection: Connection, user: User, passwordHash: string): void {
  const inserted = connection.run(
    `INSERT INTO users (
      name, email, role, created_at, email_verified_at, language, time_zone, locked_at, erased_at, id, password_hash
    ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (email) DO NOTHING`,
    ...fieldsOf(user),
    user.id,
    passwordHash,
  );
  if (inserted === 0) throw new PassbookError('email_already_registered');
}

/** @throws PassbookError `email_already_registered` */
export function replaceUser(connection: Connection, user: User): void {
  const other = findUserByEmail(connection, user.email);
  if (other && other.user.id !== user.id) throw new PassbookError('email_already_registered');
  connection.run(
    `UPDATE users SET
      name = ?, email = ?, role = ?, created_at = ?, email_verified_at = ?, language = ?, time_zone = ?,
      locked_at = ?, erased_at = ?
    WHERE id = ?`,
    ...fieldsOf(user),
    user.id,
  );
}

export function selectUser(connection: Connection, id: string): User | undefined {
  return findUserWithPassword(connection, id)?.user;
}

export function findUserWithPassword(connection: Connection, id: string): UserWithPassword | undefined {
  return withPassword(connection.get('SELECT * FROM users WHERE id = ?', id));
}

export function findUserByEmail(connection: Connection, email: string): UserWithPassword | undefined {
  return withPassword(connection.get('SELECT * FROM users WHERE email = ?', email));
}

export function listUsers(connection: Connection, { after, limit }: PageRequest): readonly User[] {
  const sql = 'SELECT * FROM users WHERE id > ? ORDER BY id LIMIT ?';
  return (connection.all(sql, after ?? '', limit) as UserRow[]).map(userOf);
}

/** Users with the hashes of their passwords, by id; only ids above `after`. */
export function usersAfter(
  connection: Connection,
  { after, limit }: PageRequest,
): readonly UserWithPassword[] {
  const sql = 'SELECT * FROM users WHERE id > ? ORDER BY id LIMIT ?';
  return (connection.all(sql, after ?? '', limit) as UserRow[]).map((row) => ({
    user: userOf(row),
    passwordHash: row.password_hash,
  }));
}

export function setPasswordHash(connection: Connection, id: string, passwordHash: string): void {
  connection.run('UPDATE users SET password_hash = ? WHERE id = ?', passwordHash, id);
}

function fieldsOf(user: User) {
  return [
    user.name,
    user.email,
    user.role,
    user.createdAt,
    user.emailVerifiedAt,
    user.language,
    user.timeZone,
    user.lockedAt,
    user.erasedAt,
  ];
}

function withPassword(found: unknown): UserWithPassword | undefined {
  const row = found as UserRow | undefined;
  return row && { user: userOf(row), passwordHash: row.password_hash };
}

function userOf(row: UserRow): User {
  return User.restore({
    id: row.id,
    name: row.name,
    email: row.email,
    role: row.role,
    createdAt: Number(row.created_at),
    emailVerifiedAt: instantOrNull(row.email_verified_at),
    language: row.language,
    timeZone: row.time_zone,
    lockedAt: instantOrNull(row.locked_at),
    erasedAt: instantOrNull(row.erased_at),
  });
}

function instantOrNull(value: bigint | null): number | null {
  return value === null ? null : Number(value);
}
