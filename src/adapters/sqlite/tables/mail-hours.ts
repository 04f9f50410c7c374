import { mailHourFromText, mailHourToText } from '../../shared/compact-json.ts';
import { endOfHour } from '../../../domain/entities/mail-hour.ts';
import type { MailHour } from '../../../domain/entities/mail-hour.ts';
import type { PageRequest } from '../../../application/ports/page-request.ts';
import type { Instant } from '../../../domain/time.ts';
import type { Connection } from '../connection/connection.ts';

type HourRow = { readonly recipient_id: string; readonly content: string };

export function findMailHour(connection: Connection, recipientId: string): MailHour | undefined {
  const sql = 'SELECT recipient_id, content FROM mail_hours WHERE recipient_id = ?';
  const row = connection.get(sql, recipientId) as HourRow | undefined;
  return row && hourOf(row);
}

export function keepMailHour(connection: Connection, hour: MailHour): void {
  connection.run(
    `INSERT INTO mail_hours (recipient_id, ends_at, content) VALUES (?, ?, ?)
    ON CONFLICT (recipient_id) DO UPDATE SET ends_at = excluded.ends_at, content = excluded.content`,
    hour.recipientId,
    endOfHour(hour),
    mailHourToText(hour),
  );
}

export function takeEndedMailHours(
  connection: Connection,
  { now, limit }: { now: Instant; limit: number },
): readonly MailHour[] {
  const rows = connection.all(
    'SELECT recipient_id, content FROM mail_hours WHERE ends_at <= ? ORDER BY ends_at LIMIT ?',
    now,
    limit,
  ) as HourRow[];
  for (const row of rows) connection.run('DELETE FROM mail_hours WHERE recipient_id = ?', row.recipient_id);
  return rows.map(hourOf);
}

/** By recipient; only those above `after`. */
export function mailHoursAfter(connection: Connection, { after, limit }: PageRequest): readonly MailHour[] {
  const sql =
    'SELECT recipient_id, content FROM mail_hours WHERE recipient_id > ? ORDER BY recipient_id LIMIT ?';
  return (connection.all(sql, after ?? '', limit) as HourRow[]).map(hourOf);
}

function hourOf({ recipient_id, content }: HourRow): MailHour {
  return mailHourFromText(recipient_id, content);
}
