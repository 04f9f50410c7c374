import type { ClientSession } from 'mongodb';
import type { PageRequest } from '../../../application/ports/page-request.ts';
import type { UserStore, UserWithPassword } from '../../../application/ports/user-store.ts';
import type { User } from '../../../domain/entities/user.ts';
import { PassbookError } from '../../../domain/errors.ts';
import { userDocument, userOf } from '../documents/user-document.ts';
import type { UserDocument } from '../documents/user-document.ts';
import type { Collections } from '../schema/collections.ts';
import { mongoUnavailable } from '../transactions/errors.ts';
import type { Transaction } from '../transactions/transaction.ts';

export class MongoUsers implements UserStore {
  readonly #transaction: Transaction;
  readonly #users: Collections['users'];
  readonly #registering = new Set<string>();

  constructor(transaction: Transaction, { users }: Collections) {
    this.#transaction = transaction;
    this.#users = users;
  }

  async insert(user: User, passwordHash: string): Promise<void> {
    const document = { ...userDocument(user), passwordHash };
    await this.#writeEmail(user.email, (session) => this.#users.insertOne(document, { session }));
  }

  async replace(user: User): Promise<void> {
    const { _id, ...change } = userDocument(user);
    await this.#writeEmail(user.email, (session) =>
      this.#users.updateOne({ _id }, { $set: change }, { session }),
    );
  }

  async byId(id: string): Promise<User | undefined> {
    const document = await this.#find({ _id: id });
    return document && userOf(document);
  }

  async byIds(ids: readonly string[]): Promise<readonly User[]> {
    const documents = await this.#transaction.read((session) =>
      this.#users.find({ _id: { $in: [...ids] } }, { session }).toArray(),
    );
    return documents.map(userOf);
  }

  byEmail(normalised: string): Promise<UserWithPassword | undefined> {
    return this.#findWithPassword({ email: normalised });
  }

  withPassword(id: string): Promise<UserWithPassword | undefined> {
    return this.#findWithPassword({ _id: id });
  }

  async page({ after, limit }: PageRequest): Promise<readonly User[]> {
    const documents = await this.#transaction.read((session) =>
      this.#users.find({ _id: { $gt: after ?? '' } }, { session, limit, sort: { _id: 1 } }).toArray(),
    );
    return documents.map(userOf);
  }

  async setPasswordHash(id: string, passwordHash: string): Promise<void> {
    await this.#transaction.write((session) =>
      this.#users.updateOne({ _id: id }, { $set: { passwordHash } }, { session }),
    );
  }

  async #findWithPassword(
    filter: { _id: string } | { email: string },
  ): Promise<UserWithPassword | undefined> {
    const document = await this.#find(filter);
    return document && { user: userOf(document), passwordHash: document.passwordHash };
  }

  async #writeEmail(email: string, write: (session: ClientSession) => Promise<unknown>): Promise<void> {
    await this.#transaction.write(write, {
      field: 'email',
      refusal: new PassbookError('email_already_registered'),
      isDurable: async () => this.#registering.has(email) || this.#isRegistered(email),
    });
    this.#registering.add(email);
  }

  async #find(filter: { _id: string } | { email: string }): Promise<UserDocument | undefined> {
    return (await this.#transaction.read((session) => this.#users.findOne(filter, { session }))) ?? undefined;
  }

  /** Reads from a majority: a failover may undo the data of a single server. */
  async #isRegistered(email: string): Promise<boolean> {
    try {
      return (await this.#users.findOne({ email }, { readConcern: { level: 'majority' } })) !== null;
    } catch (fault) {
      throw mongoUnavailable(fault);
    }
  }
}
