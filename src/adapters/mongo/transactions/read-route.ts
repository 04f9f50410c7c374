import { MongoServerSelectionError } from 'mongodb';
import type {
  ClientSession,
  Db,
  DbOptions,
  MongoClient,
  ReadPreferenceMode,
  ServerHeartbeatSucceededEvent,
  Timestamp,
  TopologyDescriptionChangedEvent,
} from 'mongodb';
import { PassbookError } from '../../../domain/errors.ts';
import { Deadline } from '../../shared/deadline.ts';
import { collectionsOf } from '../schema/collections.ts';
import type { Collections } from '../schema/collections.ts';
import { mongoUnavailable } from './errors.ts';

/** The driver's options of one read. */
export type ReadOptions = {
  readonly session?: ClientSession;
  readonly readPreference?: ReadPreferenceMode;
  readonly maxTimeMS?: number;
};

/** The way that one read takes. */
export type ReadTerms = {
  readonly options: ReadOptions;
  /** Whether the set has no primary, so that the answer may lack what other processes have committed. */
  readonly isWithoutPrimary: boolean;
};

/** The part of a heartbeat's reply that counts here. A router of a sharded cluster sends no `lastWrite`. */
type Hello = {
  readonly isWritablePrimary?: boolean;
  readonly lastWrite?: { readonly majorityOpTime?: { readonly ts: Timestamp } };
};

/** Longest time for which one request reads. */
const REQUEST_MS = 30_000;
const WITHOUT_PRIMARY = 'primaryPreferred';

/**
 * Leads reads to the primary. Once the set has had none for `patienceMs`, other members answer, but never with less than
 * this process has committed or read, or has heard from a primary: every read waits for that operation time, with
 * majority read concern. A member that lacks it does not answer, and the read is `unavailable`.
 */
export class ReadRoute {
  readonly #client: MongoClient;
  readonly #collections: Collections;
  readonly #reader: ClientSession;
  readonly #patienceMs: number;
  readonly #timeoutMs: number;
  readonly #toPrimary: ReadTerms;
  /** When the set lost its primary, by the monotonic clock. */
  #lostAt: number | undefined;
  /** When a read last went elsewhere. */
  #usedAt = -Infinity;

  constructor(parts: {
    db: Db;
    /** Options of the database. */
    options: DbOptions;
    /** Causally consistent. It knows the latest operation time that this process has seen. */
    reader: ClientSession;
    /** How long reads wait for a new primary, in milliseconds. */
    patienceMs: number;
    timeoutMs: number;
  }) {
    this.#client = parts.db.client;
    const { databaseName } = parts.db;
    this.#collections = collectionsOf(
      this.#client.db(databaseName, { ...parts.options, readPreference: WITHOUT_PRIMARY }),
    );
    this.#reader = parts.reader;
    this.#patienceMs = parts.patienceMs;
    this.#timeoutMs = parts.timeoutMs;
    this.#toPrimary = { options: { session: parts.reader }, isWithoutPrimary: false };
    this.#client.on('topologyDescriptionChanged', this.#noteTopology);
    this.#client.on('serverHeartbeatSucceeded', this.#noteHeartbeat);
  }

  /** Whether there has been no primary for so long that other members answer reads. */
  get isWithoutPrimary(): boolean {
    return this.#lostAt !== undefined && performance.now() - this.#lostAt >= this.#patienceMs;
  }

  /** Whether a read of a request that is in progress may have been answered without a primary. */
  get mayBeBehind(): boolean {
    return performance.now() - this.#usedAt < REQUEST_MS;
  }

  /** @throws PassbookError `unavailable` */
  async read<T>(find: (terms: ReadTerms) => Promise<T>): Promise<T> {
    const limit = new Deadline(this.#timeoutMs);
    try {
      if (!this.isWithoutPrimary) {
        try {
          return await limit.race(find(this.#toPrimary));
        } catch (fault) {
          if (this.#lostAt === undefined || !(fault instanceof MongoServerSelectionError)) throw fault;
        }
      }
      return await limit.race(find(this.#elsewhere(limit)));
    } catch (fault) {
      throw mongoUnavailable(fault);
    }
  }

  /**
   * Runs reads of several steps without a primary. They are no single snapshot, but each is at least as new as the one
   * before.
   * @throws PassbookError `unavailable`
   */
  async readElsewhere<T>(read: (session: ClientSession, collections: Collections) => Promise<T>): Promise<T> {
    const limit = new Deadline(this.#timeoutMs);
    const steps = async () => {
      const { options } = this.#elsewhere(limit);
      // The later reads have no time limit at the server, so a member that is behind must be noticed here
      await this.#collections.ledger.findOne({}, { ...options, projection: { _id: 1 } });
      return read(this.#reader, this.#collections);
    };
    try {
      return await limit.race(steps());
    } catch (fault) {
      throw mongoUnavailable(fault);
    }
  }

  close(): void {
    this.#client.off('topologyDescriptionChanged', this.#noteTopology);
    this.#client.off('serverHeartbeatSucceeded', this.#noteHeartbeat);
  }

  /** A process that knows no operation time could not tell an old answer from a new one. */
  #elsewhere(limit: Deadline): ReadTerms {
    if (!this.#reader.operationTime) throw new PassbookError('unavailable', { retryAfterSeconds: 1 });
    this.#usedAt = performance.now();
    const maxTimeMS = Math.max(1, Math.ceil(limit.remainingMs));
    const options = { session: this.#reader, readPreference: WITHOUT_PRIMARY, maxTimeMS } as const;
    return { options, isWithoutPrimary: true };
  }

  readonly #noteTopology = ({ newDescription }: TopologyDescriptionChangedEvent): void => {
    if (newDescription.type === 'ReplicaSetNoPrimary') this.#lostAt ??= performance.now();
    else this.#lostAt = undefined;
  };

  /** Follows what a majority has, so that a process without requests of its own falls behind by a heartbeat at most. */
  readonly #noteHeartbeat = ({ reply }: ServerHeartbeatSucceededEvent): void => {
    const { isWritablePrimary, lastWrite } = reply as Hello;
    const at = lastWrite?.majorityOpTime?.ts;
    if (isWritablePrimary && at) this.#reader.advanceOperationTime(at);
  };
}
