import type { Session } from '../../../domain/entities/session.ts';
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
};

export function insertSession(connection: Connection, session: Session): void {
  const { id, userId, createdAt, expiresAt, endedAt } = session;
  connection.run(
    'INSERT INTO sessions (id, user_id, created_at, expires_at, ended_at) VALUES (?, ?, ?, ?, ?)',
    id,
    userId,
    createdAt,
    expiresAt,
    endedAt,
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

export function endSession(connection: Connection, id: string, at: Instant): void {
  connection.run('UPDATE sessions SET ended_at = ? WHERE id = ? AND ended_at IS NULL', at, id);
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

function sessionOf(row: SessionRow): Session {
  return {
    id: row.id,
    userId: row.user_id,
    createdAt: Number(row.created_at),
    expiresAt: Number(row.expires_at),
    endedAt: row.ended_at === null ? null : Number(row.ended_at),
  };
}
