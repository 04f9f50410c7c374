import type { SessionStore } from '../../../application/ports/user-store.ts';
import type { Session } from '../../../domain/entities/session.ts';
import type { User } from '../../../domain/entities/user.ts';
import type { Instant } from '../../../domain/time.ts';
import { sessionDocument, sessionOf, userOf } from '../documents/user-document.ts';
import type { UserDocument } from '../documents/user-document.ts';
import type { Collections } from '../schema/collections.ts';
import type { ReadOptions } from '../transactions/read-route.ts';
import type { Transaction } from '../transactions/transaction.ts';

export class MongoSessions implements SessionStore {
  readonly #transaction: Transaction;
  readonly #sessions: Collections['sessions'];

  constructor(transaction: Transaction, { sessions }: Collections) {
    this.#transaction = transaction;
    this.#sessions = sessions;
  }

  async insert(session: Session): Promise<void> {
    const document = sessionDocument(session);
    await this.#transaction.write((within) => this.#sessions.insertOne(document, { session: within }));
  }

  async find(id: string): Promise<{ session: Session; user: User } | undefined> {
    const [found] = await this.#transaction.read((session) =>
      findSessions(this.#sessions, [id], { session }),
    );
    return found;
  }

  async end(id: string, at: Instant): Promise<void> {
    await this.#transaction.write((session) =>
      this.#sessions.updateOne({ _id: id, endedAt: null }, { $set: { endedAt: new Date(at) } }, { session }),
    );
  }

  async replace(session: Session): Promise<void> {
    const { _id, ...document } = sessionDocument(session);
    await this.#transaction.write((within) =>
      this.#sessions.replaceOne({ _id }, document, { session: within }),
    );
  }

  async openOf(userId: string): Promise<readonly Session[]> {
    const found = await this.#transaction.read((within) =>
      this.#sessions.find({ userId, endedAt: null }, { session: within, sort: { _id: 1 } }).toArray(),
    );
    return found.map(sessionOf);
  }

  async touch(ids: readonly string[], at: Instant): Promise<void> {
    const change = { $max: { lastUsedAt: new Date(at) } };
    await this.#transaction.write((session) =>
      this.#sessions.updateMany({ _id: { $in: [...ids] } }, change, { session }),
    );
  }

  async eraseOf(userId: string): Promise<void> {
    const erased = { address: null, device: null };
    await this.#transaction.write((session) =>
      this.#sessions.updateMany({ userId }, { $set: erased }, { session }),
    );
  }

  async deleteOver({ until, limit }: { until: Instant; limit: number }): Promise<number> {
    const by = { $lte: new Date(until) };
    const over = await this.#transaction.read((session) =>
      this.#sessions
        .find({ $or: [{ expiresAt: by }, { endedAt: by }] }, { session, limit, projection: { _id: 1 } })
        .toArray(),
    );
    if (over.length === 0) return 0;
    const ids = over.map(({ _id }) => _id);
    await this.#transaction.write((session) => this.#sessions.deleteMany({ _id: { $in: ids } }, { session }));
    return ids.length;
  }
}

/** Finds sessions and their users in one round trip. */
export async function findSessions(
  sessions: Collections['sessions'],
  ids: readonly string[],
  options: ReadOptions,
): Promise<readonly { session: Session; user: User }[]> {
  const pipeline = [
    { $match: { _id: { $in: ids } } },
    { $lookup: { from: 'users', localField: 'userId', foreignField: '_id', as: 'users' } },
  ];
  const found = await sessions
    .aggregate<Parameters<typeof sessionOf>[0] & { users: UserDocument[] }>(pipeline, {
      ...options,
      batchSize: 1 + ids.length,
    })
    .toArray();
  return found.flatMap(({ users: [user], ...session }) =>
    user ? { session: sessionOf(session), user: userOf(user) } : [],
  );
}
