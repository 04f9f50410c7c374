import type { Credential, CredentialKind } from '../../../domain/entities/credential.ts';
import type { PageRequest } from '../../../application/ports/page-request.ts';
import type { Instant } from '../../../domain/time.ts';
import type { User } from '../../../domain/entities/user.ts';
import type { Connection } from '../connection/connection.ts';
import { selectUser } from './users.ts';

type CredentialRow = {
  readonly id: string;
  readonly user_id: string;
  readonly kind: CredentialKind;
  readonly digest: string | null;
  readonly created_at: bigint;
  readonly expires_at: bigint | null;
  readonly content: string;
};

export function insertCredential(connection: Connection, credential: Credential): void {
  connection.run(
    `INSERT INTO credentials (user_id, kind, digest, created_at, expires_at, content, id)
    VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ...fieldsOf(credential),
    credential.id,
  );
}

export function replaceCredential(connection: Connection, credential: Credential): void {
  connection.run(
    `UPDATE credentials SET user_id = ?, kind = ?, digest = ?, created_at = ?, expires_at = ?, content = ?
    WHERE id = ?`,
    ...fieldsOf(credential),
    credential.id,
  );
}

export function selectCredential(connection: Connection, id: string): Credential | undefined {
  const row = connection.get('SELECT * FROM credentials WHERE id = ?', id) as CredentialRow | undefined;
  return row && credentialOf(row);
}

export function findCredential<K extends CredentialKind>(
  connection: Connection,
  kind: K,
  digest: string,
): Credential<K> | undefined {
  const row = connection.get('SELECT * FROM credentials WHERE kind = ? AND digest = ?', kind, digest) as
    | CredentialRow
    | undefined;
  return row && (credentialOf(row) as Credential<K>);
}

export function listCredentials<K extends CredentialKind>(
  connection: Connection,
  userId: string,
  kind: K,
): readonly Credential<K>[] {
  const sql = 'SELECT * FROM credentials WHERE user_id = ? AND kind = ? ORDER BY id';
  return (connection.all(sql, userId, kind) as CredentialRow[]).map(
    (row) => credentialOf(row) as Credential<K>,
  );
}

/** Credentials of all users, by id; only ids above `after`. */
export function credentialsAfter(
  connection: Connection,
  { after, limit }: PageRequest,
): readonly Credential[] {
  const sql = 'SELECT * FROM credentials WHERE id > ? ORDER BY id LIMIT ?';
  return (connection.all(sql, after ?? '', limit) as CredentialRow[]).map(credentialOf);
}

/** Returns whether the credential existed. */
export function deleteCredential(connection: Connection, id: string): boolean {
  return connection.run('DELETE FROM credentials WHERE id = ?', id) > 0;
}

export function deleteCredentialsOf(connection: Connection, userId: string): void {
  connection.run('DELETE FROM credentials WHERE user_id = ?', userId);
}

export function deleteExpiredCredentials(
  connection: Connection,
  { until, limit }: { until: Instant; limit: number },
): number {
  return connection.run(
    `DELETE FROM credentials WHERE id IN (
      SELECT id FROM credentials WHERE expires_at <= ? ORDER BY expires_at LIMIT ?
    )`,
    until,
    limit,
  );
}

export function listApiKeys(
  connection: Connection,
  digests: readonly string[],
): readonly { key: Credential<'api_key'>; user: User }[] {
  return digests.flatMap((digest) => {
    const key = findCredential(connection, 'api_key', digest);
    const user = key && selectUser(connection, key.userId);
    return key && user ? [{ key, user }] : [];
  });
}

function fieldsOf({ userId, kind, digest, createdAt, expiresAt, content }: Credential) {
  return [userId, kind, digest, createdAt, expiresAt, JSON.stringify(content)];
}

function credentialOf(row: CredentialRow): Credential {
  return {
    id: row.id,
    userId: row.user_id,
    kind: row.kind,
    digest: row.digest,
    createdAt: Number(row.created_at),
    expiresAt: row.expires_at === null ? null : Number(row.expires_at),
    content: JSON.parse(row.content) as unknown,
  } as Credential;
}
