import { PassbookError } from '../../domain/errors.ts';
import type { Notification } from '../../domain/entities/notification.ts';
import { endOfHour } from '../../domain/entities/mail-hour.ts';
import type { MailHour } from '../../domain/entities/mail-hour.ts';
import { isOverBy } from '../../domain/entities/session.ts';
import type { Session } from '../../domain/entities/session.ts';
import type { Instant } from '../../domain/time.ts';
import { User } from '../../domain/entities/user.ts';
import type { Role } from '../../domain/entities/user.ts';
import type { MailHourStore, Stores } from '../../application/ports/ledger-store.ts';
import type { ClaimedMessage, OutboxStore } from '../../application/ports/outbox.ts';
import type { SessionStore, UserStore } from '../../application/ports/user-store.ts';
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
    audit: {
      head: async () => data.auditLog.at(-1),
      append: async (record) => journal.append(data.auditLog, record),
    },
  };
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

  async byEmail(normalised: string): Promise<{ user: User; passwordHash: string } | undefined> {
    for (const stored of this.#data.users.values()) if (stored.user.email === normalised) return stored;
    return undefined;
  }

  async setRole(id: string, role: Role): Promise<void> {
    const stored = this.#data.users.get(id);
    if (!stored) return;
    this.#journal.set(this.#data.users, id, { ...stored, user: User.restore({ ...stored.user, role }) });
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

  async deleteOver({ until, limit }: { until: Instant; limit: number }): Promise<number> {
    const over = [...this.#data.sessions.values()]
      .filter((session) => isOverBy(session, until))
      .slice(0, limit);
    for (const { id } of over) this.#journal.delete(this.#data.sessions, id);
    return over.length;
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
    this.#journal.set(this.#data.messages, message.id, { message, attempts: 0, dueAt: message.at });
  }

  async claim(terms: {
    now: Instant;
    leaseUntil: Instant;
    limit: number;
  }): Promise<readonly ClaimedMessage[]> {
    const due = [...this.#data.messages.values()]
      .filter(({ dueAt }) => dueAt !== null && dueAt <= terms.now)
      .sort((a, b) => Number(a.dueAt) - Number(b.dueAt))
      .slice(0, terms.limit);
    return due.map(({ message, attempts }) => {
      const attempt = attempts + 1;
      this.#change(message.id, { attempts: attempt, dueAt: terms.leaseUntil });
      return { message, attempt };
    });
  }

  async markSent(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#change(id, { dueAt: null });
  }

  async release(ids: readonly string[], at: Instant): Promise<void> {
    for (const id of ids) this.#change(id, { dueAt: at });
  }

  async putBack(ids: readonly string[], { dueAt }: { dueAt: Instant }): Promise<void> {
    for (const id of ids) {
      const attempts = this.#data.messages.get(id)?.attempts ?? 0;
      this.#change(id, { attempts: attempts - 1, dueAt });
    }
  }

  async postpone(id: string, { dueAt }: { dueAt: Instant }): Promise<void> {
    this.#change(id, { dueAt });
  }

  async giveUp(id: string): Promise<void> {
    this.#change(id, { dueAt: null });
  }

  /** Changes a claimed message: only the claimant reports its result. */
  #change(id: string, change: Partial<StoredMessage>): void {
    const stored = this.#data.messages.get(id);
    if (stored && (stored.attempts > 0 || change.attempts))
      this.#journal.set(this.#data.messages, id, { ...stored, ...change });
  }
}
