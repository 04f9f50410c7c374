import type { Session } from '../../../domain/entities/session.ts';
import type { PageRequest } from '../../../application/ports/page-request.ts';
import type { Instant } from '../../../domain/time.ts';
import type { User } from '../../../domain/entities/user.ts';
import type { Connection } from '../connection/connection.ts';
import { selectUser } from './users.ts';

type SessionRow = {
  readonly id: string;
  readonly user_id: string;
  readonly created_at: bigint;
  readonly expires_at: bigint;
  readonly ended_at: bigint | null;
  readonly refresh_digest: string | null;
  readonly previous_digest: string | null;
  readonly refreshed_at: bigint;
  readonly last_used_at: bigint;
  readonly methods: string;
  readonly address: string | null;
  readonly device: string | null;
};

export function insertSession(connection: Connection, session: Session): void {
  connection.run(
    `INSERT INTO sessions (
      user_id, created_at, expires_at, ended_at, refresh_digest, previous_digest, refreshed_at, last_used_at, methods,
      address, device, id
    ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...fieldsOf(session),
    session.id,
  );
}

export function replaceSession(connection: Connection, session: Session): void {
  connection.run(
    `UPDATE sessions SET
      user_id = ?, created_at = ?, expires_at = ?, ended_at = ?, refresh_digest = ?, previous_digest = ?,
      refreshed_at = ?, last_used_at = ?, methods = ?, address = ?, device = ?
    WHERE id = ?`,
    ...fieldsOf(session),
    session.id,
  );
}

export function findSession(
  connection: Connection,
  id: string,
): { session: Session; user: User } | undefined {
  const row = connection.get('SELECT * FROM sessions WHERE id = ?', id) as SessionRow | undefined;
  const user = row && selectUser(connection, row.user_id);
  return row && user && { session: sessionOf(row), user };
}

export function listOpenSessions(connection: Connection, userId: string): readonly Session[] {
  const sql = 'SELECT * FROM sessions WHERE user_id = ? AND ended_at IS NULL ORDER BY id';
  return (connection.all(sql, userId) as SessionRow[]).map(sessionOf);
}

/** Sessions of all users, by id; only ids above `after`. */
export function sessionsAfter(connection: Connection, { after, limit }: PageRequest): readonly Session[] {
  const sql = 'SELECT * FROM sessions WHERE id > ? ORDER BY id LIMIT ?';
  return (connection.all(sql, after ?? '', limit) as SessionRow[]).map(sessionOf);
}

export function endSession(connection: Connection, id: string, at: Instant): void {
  connection.run('UPDATE sessions SET ended_at = ? WHERE id = ? AND ended_at IS NULL', at, id);
}

export function touchSession(connection: Connection, id: string, at: Instant): void {
  connection.run('UPDATE sessions SET last_used_at = max(last_used_at, ?) WHERE id = ?', at, id);
}

export function eraseSessions(connection: Connection, userId: string): void {
  connection.run('UPDATE sessions SET address = NULL, device = NULL WHERE user_id = ?', userId);
}

const OVER_AT = 'min(expires_at, ifnull(ended_at, expires_at))';

export function deleteOverSessions(
  connection: Connection,
  { until, limit }: { until: Instant; limit: number },
): number {
  return connection.run(
    `DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE ${OVER_AT} <= ? ORDER BY ${OVER_AT} LIMIT ?)`,
    until,
    limit,
  );
}

function fieldsOf(session: Session) {
  return [
    session.userId,
    session.createdAt,
    session.expiresAt,
    session.endedAt,
    session.refreshDigest,
    session.previousDigest,
    session.refreshedAt,
    session.lastUsedAt,
    JSON.stringify(session.methods),
    session.address,
    session.device,
  ];
}

function sessionOf(row: SessionRow): Session {
  return {
    id: row.id,
    userId: row.user_id,
    createdAt: Number(row.created_at),
    expiresAt: Number(row.expires_at),
    endedAt: row.ended_at === null ? null : Number(row.ended_at),
    refreshDigest: row.refresh_digest,
    previousDigest: row.previous_digest,
    refreshedAt: Number(row.refreshed_at),
    lastUsedAt: Number(row.last_used_at),
    methods: JSON.parse(row.methods) as Session['methods'],
    address: row.address,
    device: row.device,
  };
}
