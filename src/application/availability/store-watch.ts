import type { Decision } from '../../domain/books/changes.ts';
import type { Books } from '../../domain/books/working-books.ts';
import { PassbookError } from '../../domain/errors.ts';
import type { ErrorCode } from '../../domain/errors.ts';
import type { Instant } from '../../domain/time.ts';
import type { Store, Stores, UnitOfWork, UnitTerms } from '../ports/ledger-store.ts';
import type { Clock, Logger } from '../ports/runtime.ts';
import type { Availability } from './availability.ts';
import { readOnlyStores } from './read-only-stores.ts';

/** Errors after which the store may be refusing all writes. */
const SUSPICIOUS: readonly ErrorCode[] = ['unavailable', 'storage_full', 'outcome_unknown'];
const MAINTENANCE_RETRY_SECONDS = 30;

type Failing = { readonly since: Instant; readonly error: PassbookError };

/**
 * Watches whether the store takes writes. A failed unit makes it check the store. While the checks fail, commands are
 * refused at once, without a wait for a store that cannot answer, and the checks go on until one succeeds. During
 * maintenance no write reaches the store at all.
 */
export class StoreWatch implements Availability {
  /** The store, whose writes are refused while they would fail. */
  readonly store: Store;
  readonly maintenanceSince: Instant | null;
  readonly #inner: Store;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #everyMs: number;
  #failing: Failing | undefined;
  #checking: Promise<void> | undefined;
  #lookedAt = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(ports: {
    store: Store;
    clock: Clock;
    log: Logger;
    /** Default: false. */
    isMaintenance?: boolean;
    /** Milliseconds between two checks of a store that fails. Default: 1000. */
    everyMs?: number;
  }) {
    this.#inner = ports.store;
    this.#clock = ports.clock;
    this.#log = ports.log;
    this.#everyMs = ports.everyMs ?? 1000;
    this.maintenanceSince = ports.isMaintenance ? ports.clock.now() : null;
    this.store = this.#guarded(ports.store);
  }

  /** Undefined for a store that cannot be reached: whatever needs no more than a session's write is still tried. */
  refusal(): PassbookError | undefined {
    const refusal = this.commandRefusal();
    return refusal?.code === 'unavailable' ? undefined : refusal;
  }

  commandRefusal(): PassbookError | undefined {
    if (this.maintenanceSince !== null) return maintenance(this.maintenanceSince);
    return this.#failing && withFacts(this.#failing);
  }

  /**
   * Tries whether the store takes writes or, during maintenance, whether it can be read. While the store fails, throws
   * what the latest check found: a new one may take as long as a command may.
   * @throws PassbookError with the component that fails, and since when
   */
  async check(): Promise<void> {
    if (this.#failing && !this.#isClosed) throw withFacts(this.#failing);
    await this.#checkNow();
  }

  async #checkNow(): Promise<void> {
    this.#checking ??= this.#check().finally(() => {
      this.#checking = undefined;
    });
    await this.#checking;
  }

  /** Ends the checks. The store stays open. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  /** Looks at the store after a unit failed, at most once in `everyMs`. */
  noteFault(fault: unknown): void {
    if (!(fault instanceof PassbookError && SUSPICIOUS.includes(fault.code))) return;
    const now = this.#clock.now();
    if (this.#isClosed || this.#timer !== undefined || now - this.#lookedAt < this.#everyMs) return;
    this.#lookedAt = now;
    this.#checkLater(0);
  }

  async #check(): Promise<void> {
    if (this.maintenanceSince !== null) {
      await this.#inner.reads.audit({ after: null, limit: 1 });
      return;
    }
    const since = this.#failing?.since ?? this.#clock.now();
    try {
      await this.#inner.check();
    } catch (fault) {
      if (!(fault instanceof PassbookError)) throw fault;
      throw this.#fails({ since, error: fault });
    }
    this.#succeeds();
  }

  #fails(failing: Failing): PassbookError {
    if (this.#failing?.error.code !== failing.error.code && !this.#isClosed) {
      const { code } = failing.error;
      this.#log.error({ component: 'store', code, err: failing.error }, 'the store refuses writes');
    }
    this.#failing = failing;
    this.#checkLater(this.#everyMs);
    return withFacts(failing);
  }

  #succeeds(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#failing) return;
    const { since, error } = this.#failing;
    this.#failing = undefined;
    const seconds = Math.round((this.#clock.now() - since) / 1000);
    this.#log.info({ component: 'store', code: error.code, seconds }, 'the store takes writes again');
  }

  #checkLater(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#checkNow().catch((fault: unknown) => {
        if (!(fault instanceof PassbookError)) this.#log.error({ err: fault }, 'the store cannot be checked');
      });
    }, ms);
    this.#timer.unref();
  }

  #guarded(store: Store): Store {
    const { sharedCounts, throttleCounts, outbox, reads, scan } = store;
    return {
      reads,
      scan,
      // They write too: during maintenance, each process counts for itself
      ...(sharedCounts && this.maintenanceSince === null ? { sharedCounts } : {}),
      ...(throttleCounts && this.maintenanceSince === null ? { throttleCounts } : {}),
      ...(outbox ? { outbox } : {}),
      unitOfWork: new WatchedUnitOfWork(store.unitOfWork, this),
      check: () => this.check(),
      close: () => {
        this.close();
        return store.close();
      },
    };
  }
}

function maintenance(since: Instant): PassbookError {
  return new PassbookError('maintenance', { since, retryAfterSeconds: MAINTENANCE_RETRY_SECONDS });
}

/** The error of the store as its callers see it. */
function withFacts({ error, since }: Failing): PassbookError {
  return new PassbookError(error.code, { ...error.facts, component: 'store', since }, { cause: error.cause });
}

class WatchedUnitOfWork implements UnitOfWork {
  readonly #inner: UnitOfWork;
  readonly #watch: StoreWatch;

  constructor(inner: UnitOfWork, watch: StoreWatch) {
    this.#inner = inner;
    this.#watch = watch;
  }

  get pipelineThreshold(): number | undefined {
    return this.#inner.pipelineThreshold;
  }

  async transact<R>(
    want: () => UnitTerms<R>,
    decide: (books: Books) => Decision<R>,
    deadline: Instant,
  ): Promise<R> {
    const refusal = this.#watch.commandRefusal();
    if (refusal) throw refusal;
    return this.#watched(() => this.#inner.transact(want, decide, deadline));
  }

  assertOutside(): void {
    this.#inner.assertOutside?.();
  }

  /** Reads still work in a unit whose writes are refused. */
  run<R>(work: (stores: Stores) => Promise<R>): Promise<R> {
    const refusal = this.#watch.refusal();
    return this.#watched(() =>
      this.#inner.run((stores) => work(refusal ? readOnlyStores(stores, refusal) : stores)),
    );
  }

  async #watched<R>(unit: () => Promise<R>): Promise<R> {
    try {
      return await unit();
    } catch (fault) {
      this.#watch.noteFault(fault);
      throw fault;
    }
  }
}
