import type { AggregateOptions, UpdateFilter } from 'mongodb';
import type {
  ClaimedMessage,
  OutboxStore,
  SessionStore,
  Stores,
  UserStore,
} from '../../application/ports.ts';
import { PassbookError } from '../../domain/errors.ts';
import type { Message } from '../../domain/message.ts';
import type { Session } from '../../domain/session.ts';
import type { Instant } from '../../domain/time.ts';
import type { Role, User } from '../../domain/user.ts';
import type { Collections } from './collections.ts';
import { unavailable } from './faults.ts';
import { messageDocument, messageOf } from './message-document.ts';
import type { MessageDocument } from './message-document.ts';
import type { Transaction } from './transactions.ts';
import { sessionDocument, sessionOf, userDocument, userOf } from './user-document.ts';
import type { UserDocument } from './user-document.ts';

export function storesOf(transaction: Transaction, collections: Collections): Stores {
  return {
    users: new MongoUsers(transaction, collections),
    sessions: new MongoSessions(transaction, collections),
    outbox: new MongoOutbox(transaction, collections),
  };
}

class MongoUsers implements UserStore {
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

  /** By a majority: what one server has, a failover may undo. */
  async #isRegistered(email: string): Promise<boolean> {
    try {
      return (await this.#users.findOne({ email }, { readConcern: { level: 'majority' } })) !== null;
    } catch (fault) {
      throw unavailable(fault);
    }
  }
}

class MongoSessions implements SessionStore {
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
    return this.#transaction.read((session) => findSession(this.#sessions, id, { session }));
  }

  async end(id: string, at: Instant): Promise<void> {
    await this.#transaction.write((session) =>
      this.#sessions.updateOne({ _id: id, endedAt: null }, { $set: { endedAt: new Date(at) } }, { session }),
    );
  }
}

/** One round trip for the session and its user. */
export async function findSession(
  sessions: Collections['sessions'],
  id: string,
  options: AggregateOptions = {},
): Promise<{ session: Session; user: User } | undefined> {
  const pipeline = [
    { $match: { _id: { $eq: id } } },
    { $lookup: { from: 'users', localField: 'userId', foreignField: '_id', as: 'users' } },
  ];
  const [found] = await sessions
    .aggregate<Parameters<typeof sessionOf>[0] & { users: UserDocument[] }>(pipeline, options)
    .toArray();
  const user = found?.users[0];
  return found && user && { session: sessionOf(found), user: userOf(user) };
}

class MongoOutbox implements OutboxStore {
  readonly #transaction: Transaction;
  readonly #messages: Collections['messages'];

  constructor(transaction: Transaction, { messages }: Collections) {
    this.#transaction = transaction;
    this.#messages = messages;
  }

  async add(message: Message): Promise<void> {
    await this.#transaction.write((session) =>
      this.#messages.insertOne(messageDocument(message), { session }),
    );
  }

  /** All of them are really changed in the transaction that found them: of two who find one, one runs again. */
  async claim(terms: {
    now: Instant;
    leaseUntil: Instant;
    limit: number;
  }): Promise<readonly ClaimedMessage[]> {
    const due = await this.#transaction.read((session) =>
      this.#messages
        .find(
          { dueAt: { $lte: new Date(terms.now) } },
          { session, sort: { dueAt: 1, _id: 1 }, limit: terms.limit },
        )
        .toArray(),
    );
    if (due.length === 0) return [];
    const ids = due.map(({ _id }) => _id);
    const claim = { $set: { dueAt: new Date(terms.leaseUntil) }, $inc: { attempts: 1 } };
    await this.#transaction.write((session) =>
      this.#messages.updateMany({ _id: { $in: ids } }, claim, { session }),
    );
    return due.map((document) => ({ message: messageOf(document), attempt: document.attempts + 1 }));
  }

  async markSent(ids: readonly string[], at: Instant): Promise<void> {
    const change = { $set: { sentAt: new Date(at) }, $unset: { dueAt: true } } as const;
    await this.#transaction.write((session) =>
      this.#messages.updateMany({ _id: { $in: [...ids] } }, change, { session }),
    );
  }

  postpone(id: string, { dueAt, reason }: { dueAt: Instant; reason: string }): Promise<void> {
    return this.#change(id, { $set: { dueAt: new Date(dueAt), reason } });
  }

  giveUp(id: string, { at, reason }: { at: Instant; reason: string }): Promise<void> {
    return this.#change(id, { $set: { gaveUpAt: new Date(at), reason }, $unset: { dueAt: true } });
  }

  async #change(id: string, change: UpdateFilter<MessageDocument>): Promise<void> {
    await this.#transaction.write((session) => this.#messages.updateOne({ _id: id }, change, { session }));
  }
}
