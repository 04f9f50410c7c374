import { PassbookError } from '../../domain/errors.ts';
import type { Notification } from '../../domain/entities/notification.ts';
import { endOfHour } from '../../domain/entities/mail-hour.ts';
import type { MailHour } from '../../domain/entities/mail-hour.ts';
import { isOverBy } from '../../domain/entities/session.ts';
import type { Session } from '../../domain/entities/session.ts';
import type { Instant } from '../../domain/time.ts';
import { ofKind } from '../../domain/entities/credential.ts';
import type { Credential, CredentialKind } from '../../domain/entities/credential.ts';
import { isSaved } from '../../domain/payees/payee.ts';
import type { Payee, SavedPayee } from '../../domain/payees/payee.ts';
import type { SecurityEvent } from '../../domain/entities/security-event.ts';
import type { User } from '../../domain/entities/user.ts';
import type { PageRequest } from '../../application/ports/page-request.ts';
import type { PayeeStore } from '../../application/ports/payee-store.ts';
import type { MailHourStore, Stores } from '../../application/ports/ledger-store.ts';
import type { ClaimedMessage, OutboxStore } from '../../application/ports/outbox.ts';
import type {
  CredentialStore,
  SecurityEventStore,
  SessionStore,
  UserStore,
  UserWithPassword,
} from '../../application/ports/user-store.ts';
import type { MemoryData, StoredMessage } from './memory-data.ts';

/** The writes of a unit of work, so that it can be undone. */
export class Journal {
  readonly #undo: (() => void)[] = [];

  set<K, V>(map: Map<K, V>, key: K, value: V): void {
    const had = map.has(key);
    const old = map.get(key) as V;
    this.#undo.push(() => (had ? map.set(key, old) : map.delete(key)));
    map.set(key, value);
  }

  append<V>(list: V[], value: V): void {
    this.#undo.push(() => list.pop());
    list.push(value);
  }

  delete<K, V>(map: Map<K, V>, key: K): void {
    const old = map.get(key);
    if (old === undefined) return;
    this.#undo.push(() => map.set(key, old));
    map.delete(key);
  }

  rollBack(): void {
    for (const undo of this.#undo.splice(0).toReversed()) undo();
  }
}

export function memoryStores(data: MemoryData, journal: Journal): Stores {
  return {
    users: new MemoryUsers(data, journal),
    sessions: new MemorySessions(data, journal),
    outbox: new MemoryOutbox(data, journal),
    mailHours: new MemoryMailHours(data, journal),
    credentials: new MemoryCredentials(data, journal),
    securityEvents: new MemorySecurityEvents(data, journal),
    payees: new MemoryPayees(data, journal),
    audit: {
      head: async () => data.auditLog.at(-1),
      append: async (record) => journal.append(data.auditLog, record),
    },
  };
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}

class MemoryUsers implements UserStore {
  readonly #data: MemoryData;
  readonly #journal: Journal;

  constructor(data: MemoryData, journal: Journal) {
    this.#data = data;
    this.#journal = journal;
  }

  async insert(user: User, passwordHash: string): Promise<void> {
    if (await this.byEmail(user.email)) throw new PassbookError('email_already_registered');
    this.#journal.set(this.#data.users, user.id, { user, passwordHash });
  }

  async byId(id: string): Promise<User | undefined> {
    return this.#data.users.get(id)?.user;
  }

  async byIds(ids: readonly string[]): Promise<readonly User[]> {
    return ids.flatMap((id) => this.#data.users.get(id)?.user ?? []);
  }

  async byEmail(normalised: string): Promise<UserWithPassword | undefined> {
    for (const stored of this.#data.users.values()) if (stored.user.email === normalised) return stored;
    return undefined;
  }

  async withPassword(id: string): Promise<UserWithPassword | undefined> {
    return this.#data.users.get(id);
  }

  async page({ after, limit }: PageRequest): Promise<readonly User[]> {
    const users = [...this.#data.users.values()].map(({ user }) => user);
    return users
      .filter(({ id }) => after === null || id > after)
      .sort(byId)
      .slice(0, limit);
  }

  async replace(user: User): Promise<void> {
    const stored = this.#data.users.get(user.id);
    if (!stored) return;
    const other = await this.byEmail(user.email);
    if (other && other.user.id !== user.id) throw new PassbookError('email_already_registered');
    this.#journal.set(this.#data.users, user.id, { ...stored, user });
  }

  async setPasswordHash(id: string, passwordHash: string): Promise<void> {
    const stored = this.#data.users.get(id);
    if (stored) this.#journal.set(this.#data.users, id, { ...stored, passwordHash });
  }
}

class MemorySessions implements SessionStore {
  readonly #data: MemoryData;
  readonly #journal: Journal;

  constructor(data: MemoryData, journal: Journal) {
    this.#data = data;
    this.#journal = journal;
  }

  async insert(session: Session): Promise<void> {
    this.#journal.set(this.#data.sessions, session.id, session);
  }

  async find(id: string): Promise<{ session: Session; user: User } | undefined> {
    return this.#data.session(id);
  }

  async end(id: string, at: Instant): Promise<void> {
    const session = this.#data.sessions.get(id);
    if (session?.endedAt === null) this.#journal.set(this.#data.sessions, id, { ...session, endedAt: at });
  }

  async replace(session: Session): Promise<void> {
    if (this.#data.sessions.has(session.id)) this.#journal.set(this.#data.sessions, session.id, session);
  }

  async openOf(userId: string): Promise<readonly Session[]> {
    const sessions = [...this.#data.sessions.values()];
    return sessions.filter((one) => one.userId === userId && one.endedAt === null).sort(byId);
  }

  async touch(ids: readonly string[], at: Instant): Promise<void> {
    for (const id of ids) {
      const session = this.#data.sessions.get(id);
      if (session && session.lastUsedAt < at)
        this.#journal.set(this.#data.sessions, id, { ...session, lastUsedAt: at });
    }
  }

  async eraseOf(userId: string): Promise<void> {
    for (const session of this.#data.sessions.values()) {
      if (session.userId !== userId) continue;
      this.#journal.set(this.#data.sessions, session.id, { ...session, address: null, device: null });
    }
  }

  async deleteOver({ until, limit }: { until: Instant; limit: number }): Promise<number> {
    const over = [...this.#data.sessions.values()]
      .filter((session) => isOverBy(session, until))
      .slice(0, limit);
    for (const { id } of over) this.#journal.delete(this.#data.sessions, id);
    return over.length;
  }
}

class MemoryCredentials implements CredentialStore {
  readonly #data: MemoryData;
  readonly #journal: Journal;

  constructor(data: MemoryData, journal: Journal) {
    this.#data = data;
    this.#journal = journal;
  }

  async insert(credential: Credential): Promise<void> {
    this.#journal.set(this.#data.credentials, credential.id, credential);
  }

  async find(id: string): Promise<Credential | undefined> {
    return this.#data.credentials.get(id);
  }

  async byDigest<K extends CredentialKind>(kind: K, digest: string): Promise<Credential<K> | undefined> {
    return ofKind(
      this.#all().find((one) => one.kind === kind && one.digest === digest),
      kind,
    );
  }

  async ofUser<K extends CredentialKind>(userId: string, kind: K): Promise<readonly Credential<K>[]> {
    return this.#all()
      .flatMap((one) => (one.userId === userId ? (ofKind(one, kind) ?? []) : []))
      .sort(byId);
  }

  async replace(credential: Credential): Promise<void> {
    if (this.#data.credentials.has(credential.id)) await this.insert(credential);
  }

  async remove(id: string): Promise<boolean> {
    const exists = this.#data.credentials.has(id);
    this.#journal.delete(this.#data.credentials, id);
    return exists;
  }

  async removeOf(userId: string): Promise<void> {
    for (const one of this.#all().filter((each) => each.userId === userId)) await this.remove(one.id);
  }

  async deleteExpired({ until, limit }: { until: Instant; limit: number }): Promise<number> {
    const expired = this.#all().filter((one) => one.expiresAt !== null && one.expiresAt <= until);
    for (const { id } of expired.slice(0, limit)) await this.remove(id);
    return Math.min(expired.length, limit);
  }

  #all(): Credential[] {
    return [...this.#data.credentials.values()];
  }
}

class MemorySecurityEvents implements SecurityEventStore {
  readonly #data: MemoryData;
  readonly #journal: Journal;

  constructor(data: MemoryData, journal: Journal) {
    this.#data = data;
    this.#journal = journal;
  }

  async append(event: SecurityEvent): Promise<void> {
    this.#journal.set(this.#data.securityEvents, event.id, event);
  }

  async list({
    userId,
    before,
    limit,
  }: {
    userId: string | null;
    before: string | null;
    limit: number;
  }): Promise<readonly SecurityEvent[]> {
    return [...this.#data.securityEvents.values()]
      .filter((event) => userId === null || event.userId === userId)
      .filter(({ id }) => before === null || id < before)
      .sort(byId)
      .toReversed()
      .slice(0, limit);
  }

  async eraseOf(userId: string): Promise<void> {
    for (const event of this.#data.securityEvents.values()) {
      if (event.userId !== userId) continue;
      const erased = { ...event, address: null, device: null, details: {} };
      this.#journal.set(this.#data.securityEvents, event.id, erased);
    }
  }
}

class MemoryPayees implements PayeeStore {
  readonly #data: MemoryData;
  readonly #journal: Journal;

  constructor(data: MemoryData, journal: Journal) {
    this.#data = data;
    this.#journal = journal;
  }

  async keep(payee: Payee): Promise<void> {
    const other = this.#data.payeeAt(payee.userId, payee.accountId);
    if (other && other.id !== payee.id) throw new TypeError('The user has a payee at this account');
    this.#journal.set(this.#data.payees, payee.id, payee);
  }

  async find(id: string): Promise<Payee | undefined> {
    return this.#data.payees.get(id);
  }

  async at(userId: string, accountId: string): Promise<Payee | undefined> {
    return this.#data.payeeAt(userId, accountId);
  }

  async savedOf(userId: string): Promise<readonly SavedPayee[]> {
    return this.#of(userId).filter(isSaved);
  }

  async page(userId: string, { after, limit }: PageRequest): Promise<readonly Payee[]> {
    return this.#of(userId)
      .filter(({ id }) => after === null || id > after)
      .slice(0, limit);
  }

  async remove(id: string): Promise<void> {
    this.#journal.delete(this.#data.payees, id);
  }

  async removeOf(userId: string): Promise<void> {
    for (const { id } of this.#of(userId)) await this.remove(id);
  }

  async eraseNamesAt(accountIds: readonly string[]): Promise<void> {
    for (const payee of this.#data.payees.values()) {
      if (!accountIds.includes(payee.accountId)) continue;
      this.#journal.set(this.#data.payees, payee.id, { ...payee, confirmedName: null });
    }
  }

  #of(userId: string): Payee[] {
    return [...this.#data.payees.values()].filter((payee) => payee.userId === userId).sort(byId);
  }
}

class MemoryMailHours implements MailHourStore {
  readonly #data: MemoryData;
  readonly #journal: Journal;

  constructor(data: MemoryData, journal: Journal) {
    this.#data = data;
    this.#journal = journal;
  }

  async find(recipientIds: readonly string[]): Promise<readonly MailHour[]> {
    return recipientIds.flatMap((id) => this.#data.mailHours.get(id) ?? []);
  }

  async keep(hours: readonly MailHour[]): Promise<void> {
    for (const hour of hours) this.#journal.set(this.#data.mailHours, hour.recipientId, hour);
  }

  async takeEnded({ now, limit }: { now: Instant; limit: number }): Promise<readonly MailHour[]> {
    const ended = [...this.#data.mailHours.values()].filter((hour) => endOfHour(hour) <= now).slice(0, limit);
    for (const { recipientId } of ended) this.#journal.delete(this.#data.mailHours, recipientId);
    return ended;
  }
}

class MemoryOutbox implements OutboxStore {
  readonly #data: MemoryData;
  readonly #journal: Journal;

  constructor(data: MemoryData, journal: Journal) {
    this.#data = data;
    this.#journal = journal;
  }

  async add(message: Notification): Promise<void> {
    const stored = this.#data.newMessage(message, { attempts: 0, dueAt: message.at });
    this.#journal.set(this.#data.messages, message.id, stored);
  }

  async claim(terms: {
    now: Instant;
    leaseUntil: Instant;
    limit: number;
  }): Promise<readonly ClaimedMessage[]> {
    const due = [...this.#data.messages.values()]
      .filter(({ dueAt }) => dueAt !== null && dueAt <= terms.now)
      .sort((a, b) => Number(a.dueAt) - Number(b.dueAt) || a.order - b.order)
      .slice(0, terms.limit);
    return due.map((stored) => {
      const claimed = { ...stored, attempts: stored.attempts + 1, dueAt: terms.leaseUntil };
      this.#journal.set(this.#data.messages, stored.message.id, claimed);
      return { message: stored.message, attempt: claimed.attempts };
    });
  }

  async markSent(ids: readonly string[]): Promise<void> {
    for (const id of ids) if (this.#claimed(id)) this.#journal.delete(this.#data.messages, id);
  }

  async release(ids: readonly string[], at: Instant): Promise<void> {
    for (const id of ids) this.#change(id, { dueAt: at });
  }

  async putBack(ids: readonly string[], terms: { dueAt: Instant; reason: string }): Promise<void> {
    for (const id of ids) {
      const attempts = this.#data.messages.get(id)?.attempts ?? 0;
      this.#change(id, { attempts: attempts - 1, ...terms });
    }
  }

  async postpone(id: string, terms: { dueAt: Instant; reason: string }): Promise<void> {
    this.#change(id, terms);
  }

  async giveUp(id: string, { at, reason }: { at: Instant; reason: string }): Promise<void> {
    this.#change(id, { dueAt: null, givenUpAt: at, reason });
  }

  async retry(positions: readonly string[], at: Instant): Promise<readonly Notification[]> {
    return [...new Set(positions)].flatMap((id) => {
      const stored = this.#data.messages.get(id);
      if (!stored || stored.dueAt !== null) return [];
      this.#journal.set(this.#data.messages, id, { ...stored, attempts: 0, dueAt: at, givenUpAt: null });
      return stored.message;
    });
  }

  /** Changes a claimed message: only the claimant reports its result. */
  #change(id: string, change: Partial<StoredMessage>): void {
    const stored = this.#claimed(id);
    if (stored) this.#journal.set(this.#data.messages, id, { ...stored, ...change });
  }

  #claimed(id: string): StoredMessage | undefined {
    const stored = this.#data.messages.get(id);
    return stored && stored.attempts > 0 && stored.dueAt !== null ? stored : undefined;
  }
}
