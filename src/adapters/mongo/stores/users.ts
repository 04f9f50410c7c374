import type { UserStore } from '../../../application/ports/user-store.ts';
import type { Role, User } from '../../../domain/entities/user.ts';
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
    await this.#transaction.write(
      (session) => this.#users.insertOne(userDocument(user, passwordHash), { session }),
      {
        field: 'email',
        refusal: new PassbookError('email_already_registered'),
        isDurable: async () => this.#registering.has(user.email) || this.#isRegistered(user.email),
      },
    );
    this.#registering.add(user.email);
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

  async byEmail(normalised: string): Promise<{ user: User; passwordHash: string } | undefined> {
    const document = await this.#find({ email: normalised });
    return document && { user: userOf(document), passwordHash: document.passwordHash };
  }

  setRole(id: string, role: Role): Promise<void> {
    return this.#set(id, { role });
  }

  setPasswordHash(id: string, passwordHash: string): Promise<void> {
    return this.#set(id, { passwordHash });
  }

  async #find(filter: { _id: string } | { email: string }): Promise<UserDocument | undefined> {
    return (await this.#transaction.read((session) => this.#users.findOne(filter, { session }))) ?? undefined;
  }

  async #set(id: string, change: Partial<UserDocument>): Promise<void> {
    await this.#transaction.write((session) =>
      this.#users.updateOne({ _id: id }, { $set: change }, { session }),
    );
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
