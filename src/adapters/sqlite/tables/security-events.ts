import type { SecurityAction, SecurityEvent } from '../../../domain/entities/security-event.ts';
import type { PageRequest } from '../../../application/ports/page-request.ts';
import type { Connection } from '../connection/connection.ts';

type EventRow = {
  readonly id: string;
  readonly at: bigint;
  readonly user_id: string | null;
  readonly actor_id: string | null;
  readonly action: SecurityAction;
  readonly session_id: string | null;
  readonly address: string | null;
  readonly device: string | null;
  readonly details: string;
};

export function insertSecurityEvent(connection: Connection, event: SecurityEvent): void {
  connection.run(
    `INSERT INTO security_events (id, at, user_id, actor_id, action, session_id, address, device, details)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    event.id,
    event.at,
    event.userId,
    event.actorId,
    event.action,
    event.sessionId,
    event.address,
    event.device,
    JSON.stringify(event.details),
  );
}

/** Newest first. */
export function listSecurityEvents(
  connection: Connection,
  { userId, before, limit }: { userId: string | null; before: string | null; limit: number },
): readonly SecurityEvent[] {
  // Above every id, which are UUIDs
  const below = before ?? '~';
  const rows =
    userId === null
      ? connection.all('SELECT * FROM security_events WHERE id < ? ORDER BY id DESC LIMIT ?', below, limit)
      : connection.all(
          'SELECT * FROM security_events WHERE user_id = ? AND id < ? ORDER BY id DESC LIMIT ?',
          userId,
          below,
          limit,
        );
  return (rows as EventRow[]).map(eventOf);
}

/** Events of all users, by id; only ids above `after`. */
export function securityEventsAfter(
  connection: Connection,
  { after, limit }: PageRequest,
): readonly SecurityEvent[] {
  const sql = 'SELECT * FROM security_events WHERE id > ? ORDER BY id LIMIT ?';
  return (connection.all(sql, after ?? '', limit) as EventRow[]).map(eventOf);
}

export function eraseSecurityEvents(connection: Connection, userId: string): void {
  connection.run(
    "UPDATE security_events SET address = NULL, device = NULL, details = '{}' WHERE user_id = ?",
    userId,
  );
}

function eventOf(row: EventRow): SecurityEvent {
  return {
    id: row.id,
    at: Number(row.at),
    userId: row.user_id,
    actorId: row.actor_id,
    action: row.action,
    sessionId: row.session_id,
    address: row.address,
    device: row.device,
    details: JSON.parse(row.details) as SecurityEvent['details'],
  };
}
