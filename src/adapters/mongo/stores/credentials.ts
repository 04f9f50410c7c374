import type { CredentialStore } from '../../../application/ports/user-store.ts';
import type { Credential, CredentialKind } from '../../../domain/entities/credential.ts';
import type { Instant } from '../../../domain/time.ts';
import type { User } from '../../../domain/entities/user.ts';
import { credentialDocument, credentialOf } from '../documents/credential-document.ts';
import type { CredentialDocument } from '../documents/credential-document.ts';
import { userOf } from '../documents/user-document.ts';
import type { UserDocument } from '../documents/user-document.ts';
import type { Collections } from '../schema/collections.ts';
import type { ReadOptions } from '../transactions/read-route.ts';
import type { Transaction } from '../transactions/transaction.ts';

export class MongoCredentials implements CredentialStore {
  readonly #transaction: Transaction;
  readonly #credentials: Collections['credentials'];

  constructor(transaction: Transaction, { credentials }: Collections) {
    this.#transaction = transaction;
    this.#credentials = credentials;
  }

  async insert(credential: Credential): Promise<void> {
    const document = credentialDocument(credential);
    await this.#transaction.write((session) => this.#credentials.insertOne(document, { session }));
  }

  async find(id: string): Promise<Credential | undefined> {
    const found = await this.#transaction.read((session) =>
      this.#credentials.findOne({ _id: id }, { session }),
    );
    return found ? credentialOf(found) : undefined;
  }

  async byDigest<K extends CredentialKind>(kind: K, digest: string): Promise<Credential<K> | undefined> {
    const found = await this.#transaction.read((session) =>
      this.#credentials.findOne({ kind, digest }, { session }),
    );
    return found ? (credentialOf(found) as Credential<K>) : undefined;
  }

  async ofUser<K extends CredentialKind>(userId: string, kind: K): Promise<readonly Credential<K>[]> {
    const found = await this.#transaction.read((session) =>
      this.#credentials.find({ userId, kind }, { session, sort: { _id: 1 } }).toArray(),
    );
    return found.map((document) => credentialOf(document) as Credential<K>);
  }

  async replace(credential: Credential): Promise<void> {
    const { _id, ...document } = credentialDocument(credential);
    await this.#transaction.write((session) => this.#credentials.replaceOne({ _id }, document, { session }));
  }

  async remove(id: string): Promise<boolean> {
    const removed = await this.#transaction.write((session) =>
      this.#credentials.deleteOne({ _id: id }, { session }),
    );
    return removed.deletedCount > 0;
  }

  async removeOf(userId: string): Promise<void> {
    await this.#transaction.write((session) => this.#credentials.deleteMany({ userId }, { session }));
  }

  async deleteExpired({ until, limit }: { until: Instant; limit: number }): Promise<number> {
    const expired = await this.#transaction.read((session) =>
      this.#credentials
        .find({ expiresAt: { $lte: new Date(until) } }, { session, limit, projection: { _id: 1 } })
        .toArray(),
    );
    if (expired.length === 0) return 0;
    const ids = expired.map(({ _id }) => _id);
    await this.#transaction.write((session) =>
      this.#credentials.deleteMany({ _id: { $in: ids } }, { session }),
    );
    return ids.length;
  }
}

/** Finds API keys and their owners in one round trip. */
export async function findApiKeys(
  credentials: Collections['credentials'],
  digests: readonly string[],
  options: ReadOptions,
): Promise<readonly { key: Credential<'api_key'>; user: User }[]> {
  const pipeline = [
    { $match: { kind: 'api_key', digest: { $in: digests } } },
    { $lookup: { from: 'users', localField: 'userId', foreignField: '_id', as: 'users' } },
  ];
  const found = await credentials
    .aggregate<CredentialDocument & { users: UserDocument[] }>(pipeline, {
      ...options,
      batchSize: 1 + digests.length,
    })
    .toArray();
  return found.flatMap(({ users: [user], ...key }) =>
    user ? { key: credentialOf(key) as Credential<'api_key'>, user: userOf(user) } : [],
  );
}
