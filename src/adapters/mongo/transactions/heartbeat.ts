import { randomUUID } from 'node:crypto';
import { MongoServerError } from 'mongodb';
import type { ClientSession, Collection, Db, ServerSessionId } from 'mongodb';
import type { ProcessDocument } from '../documents/process-document.ts';
import { collectionsOf } from '../schema/collections.ts';
import { endTransactionOf } from './end-transaction.ts';

const ALIVE_MS = 2000;
const BEAT_MS = 500;
/** Longest time for which the driver reuses an idle session. */
const SESSION_MS = 30 * 60_000;

/**
 * A process that dies in a transaction leaves its writes locked, the ledger version included, until the server
 * aborts it after a minute (`transactionLifetimeLimitSeconds`). So each process publishes its sessions, and a heartbeat
 * while it works. A process that meets a conflict ends the sessions of dead ones.
 * The heartbeat only adds speed: a process that is wrongly taken for dead runs its aborted transactions again.
 */
export class Heartbeat {
  readonly #db: Db;
  readonly #processes: Collection<ProcessDocument>;
  readonly #processId = randomUUID();
  /** Sessions, with the time of their last use. */
  readonly #sessions = new Map<string, { readonly id: ServerSessionId; usedAt: number }>();
  #atWork = 0;
  #beats: NodeJS.Timeout | undefined;
  #lookAt = 0;

  constructor(db: Db) {
    this.#db = db;
    this.#processes = collectionsOf(db).processes;
  }

  /** Runs `work` with the session, which other processes may end if this one dies meanwhile. */
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

  /** Ends the transactions of dead processes. Frequent calls are throttled. */
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
      // The server ends them later
    }
  }

  close(): void {
    this.#stopBeating();
  }

  /** Ends sessions by aborts where the server offers no `killSessions`, as on shared clusters. */
  async #end(sessions: readonly ServerSessionId[]): Promise<void> {
    try {
      await this.#db.admin().command({ killSessions: sessions });
    } catch (fault) {
      if (!(fault instanceof MongoServerError)) throw fault;
      await Promise.all(sessions.map((id) => endTransactionOf(this.#db.client, id)));
    }
  }

  /** Returns whether the session is unpublished. */
  #use({ id }: ClientSession): boolean {
    if (!id) throw new TypeError('An explicit session has an id');
    const key = id.id.toString('hex');
    const known = this.#sessions.get(key);
    if (known) known.usedAt = performance.now();
    else this.#sessions.set(key, { id, usedAt: performance.now() });
    return !known;
  }

  /** Beats at once if no beats were scheduled, then regularly while work is in progress. */
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
      // The next beat may succeed
    }
  }
}
