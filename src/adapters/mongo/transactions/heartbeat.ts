import { randomUUID } from 'node:crypto';
import { MongoServerError } from 'mongodb';
import type { ClientSession, Collection, Db, ServerSessionId } from 'mongodb';
import type { ProcessDocument } from '../documents/process-document.ts';
import { collectionsOf } from '../schema/collections.ts';
import { endTransactionOf } from './end-transaction.ts';

const ALIVE_MS = 2000;
const BEAT_MS = 500;
/** How long the driver goes on with a session that rests, at most. */
const SESSION_MS = 30 * 60_000;

/**
 * Who dies in a transaction leaves it open, and all that it has written stays locked, the head of the ledger too,
 * until the server gives it up after a minute (`transactionLifetimeLimitSeconds`). So a process says which sessions
 * are its own, and as long as it works that it is alive; who meets a conflict ends the sessions of those who are not.
 * Nothing but speed rests on it: whoever is taken for dead by mistake has its transactions aborted, and runs them again.
 */
export class Heartbeat {
  readonly #db: Db;
  readonly #processes: Collection<ProcessDocument>;
  readonly #processId = randomUUID();
  /** With when each was used last. */
  readonly #sessions = new Map<string, { readonly id: ServerSessionId; usedAt: number }>();
  #atWork = 0;
  #beats: NodeJS.Timeout | undefined;
  #lookAt = 0;

  constructor(db: Db) {
    this.#db = db;
    this.#processes = collectionsOf(db).processes;
  }

  /** What `work` does with the session, which others may end should this process die meanwhile. */
  async during<T>(session: ClientSession, work: () => Promise<T>): Promise<T> {
    this.#atWork++;
    try {
      const isNew = this.#use(session);
      const beat = this.#startBeating();
      if (isNew) await (beat ?? this.#beat());
      return await work();
    } finally {
      this.#atWork--;
    }
  }

  /** Ends the transactions of processes that have died; now and then, however often it is asked. */
  async endDead(): Promise<void> {
    const now = performance.now();
    if (now < this.#lookAt) return;
    this.#lookAt = now + BEAT_MS;
    try {
      const isOver = { $expr: { $lt: ['$aliveUntil', '$$NOW'] } };
      const dead = await this.#processes.find(isOver, { readConcern: { level: 'local' } }).toArray();
      for (const { _id, sessions, aliveUntil } of dead) {
        await this.#end(sessions);
        await this.#processes.deleteOne({ _id, aliveUntil });
      }
    } catch {
      // Then the server ends them
    }
  }

  close(): void {
    this.#stopBeating();
  }

  /** Where the server does not offer `killSessions`, as shared clusters do not, it is done by aborts alone. */
  async #end(sessions: readonly ServerSessionId[]): Promise<void> {
    try {
      await this.#db.admin().command({ killSessions: sessions });
    } catch (fault) {
      if (!(fault instanceof MongoServerError)) throw fault;
      await Promise.all(sessions.map((id) => endTransactionOf(this.#db.client, id)));
    }
  }

  /** Whether others have not heard of it. */
  #use({ id }: ClientSession): boolean {
    if (!id) throw new TypeError('A session of its own has an id');
    const key = id.id.toString('hex');
    const known = this.#sessions.get(key);
    if (known) known.usedAt = performance.now();
    else this.#sessions.set(key, { id, usedAt: performance.now() });
    return !known;
  }

  /** A beat at once where there were none, and one now and then for as long as something is at work. */
  #startBeating(): Promise<void> | undefined {
    if (this.#beats) return undefined;
    this.#beats = setInterval(() => {
      if (this.#atWork > 0) void this.#beat();
      else this.#stopBeating();
    }, BEAT_MS);
    this.#beats.unref();
    return this.#beat();
  }

  #stopBeating(): void {
    clearInterval(this.#beats);
    this.#beats = undefined;
  }

  async #beat(): Promise<void> {
    const now = performance.now();
    for (const [key, { usedAt }] of this.#sessions) {
      if (now - usedAt > SESSION_MS) this.#sessions.delete(key);
    }
    const sessions = [...this.#sessions.values()].map(({ id }) => id);
    const aliveUntil = { $add: ['$$NOW', ALIVE_MS] };
    try {
      await this.#processes.findOneAndUpdate(
        { _id: this.#processId },
        [{ $set: { sessions: { $literal: sessions }, aliveUntil } }],
        { upsert: true, projection: { _id: 1 }, writeConcern: { w: 1 } },
      );
    } catch {
      // The next beat may fare better
    }
  }
}
