import type { AggregateOptions, UpdateFilter } from 'mongodb';
import type {
  AuditStore,
  ClaimedMessage,
  OutboxStore,
  SessionStore,
  Stores,
  UserStore,
} from '../../application/ports/ledger-store.ts';
import { part } from '../shared/outbox-batch.ts';
import type { KeptParcel, ParcelsSeen } from '../shared/outbox-batch.ts';
import { messagesToText } from '../shared/compact-json.ts';
import type { AuditHead, AuditRecord } from '../../domain/integrity/audit-log.ts';
import { PassbookError } from '../../domain/errors.ts';
import type { Message } from '../../domain/entities/notification.ts';
import type { Session } from '../../domain/entities/session.ts';
import type { Instant } from '../../domain/time.ts';
import type { Role, User } from '../../domain/entities/user.ts';
import { auditDocument, auditRecordOf } from './documents/audit-document.ts';
import type { Collections } from './schema/collections.ts';
import { unavailable } from './transactions/errors.ts';
import { MongoMailHours } from './stores/mail-hours.ts';
import { parcelDocument, parcelOf } from './documents/outbox-document.ts';
import type { ParcelDocument } from './documents/outbox-document.ts';
import type { Transaction } from './transactions/transaction-runner.ts';
import { sessionDocument, sessionOf, userDocument, userOf } from './documents/user-document.ts';
import type { UserDocument } from './documents/user-document.ts';

export function storesOf(
  transaction: Transaction,
  collections: Collections,
  parcelsSeen: ParcelsSeen,
): Stores {
  return {
    users: new MongoUsers(transaction, collections),
    sessions: new MongoSessions(transaction, collections),
    outbox: new MongoOutbox(transaction, collections, parcelsSeen),
    mailHours: new MongoMailHours(transaction, collections),
    audit: new MongoAudit(transaction, collections),
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

/** The sequence is the key: of two who append after one record, one runs again. */
class MongoAudit implements AuditStore {
  readonly #transaction: Transaction;
  readonly #audit: Collections['audit'];

  constructor(transaction: Transaction, { audit }: Collections) {
    this.#transaction = transaction;
    this.#audit = audit;
  }

  async head(): Promise<AuditHead | undefined> {
    const last = await this.#transaction.read((session) =>
      this.#audit.findOne({}, { session, sort: { _id: -1 } }),
    );
    return last ? auditRecordOf(last) : undefined;
  }

  async append(record: AuditRecord): Promise<void> {
    await this.#transaction.write((session) => this.#audit.insertOne(auditDocument(record), { session }));
  }
}

/** One round trip for sessions and their users. */
export async function findSessions(
  sessions: Collections['sessions'],
  ids: readonly string[],
  options: AggregateOptions = {},
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

/** What was given up is no longer due. */
const WAITING = { dueAt: { $exists: true } } as const;

class MongoOutbox implements OutboxStore {
  readonly #transaction: Transaction;
  readonly #parcels: Collections['parcels'];
  readonly #seen: ParcelsSeen;

  constructor(transaction: Transaction, { parcels }: Collections, seen: ParcelsSeen) {
    this.#transaction = transaction;
    this.#parcels = parcels;
    this.#seen = seen;
  }

  async add(message: Message): Promise<void> {
    const parcel = { id: message.id, messages: [message] };
    const document = parcelDocument(parcel, { dueAt: message.at, attempts: 0 });
    await this.#transaction.write((session) => this.#parcels.insertOne(document, { session }));
  }

  /** All of them are really changed in the transaction that found them: of two who find one, one runs again. */
  async claim(terms: {
    now: Instant;
    leaseUntil: Instant;
    limit: number;
  }): Promise<readonly ClaimedMessage[]> {
    const due = await this.#transaction.read((session) =>
      this.#parcels
        .find(
          { dueAt: { $lte: new Date(terms.now) } },
          { session, sort: { dueAt: 1, _id: 1 }, limit: terms.limit },
        )
        .toArray(),
    );
    const claimed: ClaimedMessage[] = [];
    const whole: string[] = [];
    const standing = { dueAt: new Date(terms.leaseUntil) };
    for (const document of due) {
      const parcel = parcelOf(document);
      const some = parcel.messages.slice(0, terms.limit - claimed.length);
      if (some.length === 0) break;
      const attempts = parcel.attempts + 1;
      if (some.length === parcel.messages.length) {
        whole.push(parcel.id);
        this.#seen.saw(parcel);
      } else {
        const left = { ...parcel, attempts };
        await this.#part(left, new Set(some.map(({ id }) => id)), standing);
      }
      claimed.push(...some.map((message) => ({ message, attempt: attempts })));
    }
    if (whole.length > 0) {
      const claim = { $set: standing, $inc: { attempts: 1 } };
      await this.#transaction.write((session) =>
        this.#parcels.updateMany({ _id: { $in: whole } }, claim, { session }),
      );
    }
    return claimed;
  }

  markSent(ids: readonly string[]): Promise<void> {
    return this.#change(ids, 'sent');
  }

  release(ids: readonly string[], at: Instant): Promise<void> {
    return this.#change(ids, { dueAt: new Date(at) });
  }

  putBack(ids: readonly string[], { dueAt, reason }: { dueAt: Instant; reason: string }): Promise<void> {
    return this.#change(ids, { dueAt: new Date(dueAt), reason }, { isPutBack: true });
  }

  postpone(id: string, { dueAt, reason }: { dueAt: Instant; reason: string }): Promise<void> {
    return this.#change([id], { dueAt: new Date(dueAt), reason });
  }

  giveUp(id: string, { at, reason }: { at: Instant; reason: string }): Promise<void> {
    return this.#change([id], { gaveUpAt: new Date(at), reason });
  }

  /** Whoever claimed them is then done with them. */
  async #change(
    ids: readonly string[],
    standing: ParcelStanding | 'sent',
    { isPutBack = false }: { isPutBack?: boolean } = {},
  ): Promise<void> {
    await this.#move(ids, standing, isPutBack ? 1 : 0);
    this.#seen.forget(ids);
  }

  async #move(ids: readonly string[], standing: ParcelStanding | 'sent', uncounted: 0 | 1): Promise<void> {
    const { whole: known, others } = this.#seen.of(ids);
    const whole = [...known];
    const wanted = new Set(ids);
    for (const document of await this.#waiting(others)) {
      const parcel = parcelOf(document);
      if (parcel.messages.every(({ id }) => wanted.has(id))) whole.push(parcel.id);
      else await this.#part({ ...parcel, attempts: parcel.attempts - uncounted }, wanted, standing);
    }
    if (whole.length === 0) return;
    if (standing === 'sent') {
      await this.#transaction.write((session) =>
        this.#parcels.deleteMany({ _id: { $in: whole }, ...WAITING }, { session }),
      );
      return;
    }
    const change = {
      $set: standing,
      ...('dueAt' in standing ? {} : { $unset: { dueAt: true } }),
      ...(uncounted > 0 ? { $inc: { attempts: -uncounted } } : {}),
    };
    await this.#transaction.write((session) =>
      this.#parcels.updateMany({ _id: { $in: whole }, ...WAITING }, change as UpdateFilter<ParcelDocument>, {
        session,
      }),
    );
  }

  async #waiting(ids: readonly string[]): Promise<readonly ParcelDocument[]> {
    if (ids.length === 0) return [];
    return this.#transaction.read((session) =>
      this.#parcels
        .find({ _id: { $in: [...ids] }, ...WAITING }, { session, batchSize: ids.length })
        .toArray(),
    );
  }

  /** Those messages leave, for a parcel of their own unless they were sent. */
  async #part(
    parcel: KeptParcel,
    ids: ReadonlySet<string>,
    standing: ParcelStanding | 'sent',
  ): Promise<void> {
    const parts = part(parcel, ids);
    if (!parts?.rest) return;
    const { gone, rest } = parts;
    const change = { $set: { messages: messagesToText(rest.messages) } };
    await this.#transaction.write((session) =>
      this.#parcels.updateOne({ _id: rest.id }, change, { session }),
    );
    if (standing === 'sent') return;
    const document: ParcelDocument = {
      _id: gone.id,
      messages: messagesToText(gone.messages),
      attempts: parcel.attempts,
      ...standing,
    };
    await this.#transaction.write((session) => this.#parcels.insertOne(document, { session }));
    this.#seen.saw(gone);
  }
}

type ParcelStanding = Partial<Pick<ParcelDocument, 'dueAt' | 'gaveUpAt' | 'reason'>>;
