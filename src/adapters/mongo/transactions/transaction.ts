import type { ClientSession, MongoServerError, TransactionOptions } from 'mongodb';
import type { PassbookError } from '../../../domain/errors.ts';
import { isDuplicateKey, isTransient } from './errors.ts';

/** Options of every transaction, read-only ones included. They override those of the client and the collections. */
export const TRANSACTION_OPTIONS: TransactionOptions = {
  readConcern: { level: 'snapshot' },
  writeConcern: { w: 'majority', journal: true },
  readPreference: 'primary',
};

/** Meaning of a duplicate key for a unit of work. */
type Duplicate = {
  /** The key's field. */
  readonly field: string;
  readonly refusal: PassbookError;
  /** Whether the other record is durable: a majority has it. */
  readonly isDurable: () => Promise<boolean>;
};

/** One attempt. Sends its operations one after another, even if callers start them in parallel. */
export class Transaction {
  readonly #session: ClientSession;
  readonly #refusal: PassbookError | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #isOpen = true;
  #hasWritten = false;
  #isUndone = false;
  #failure: { readonly fault: unknown } | undefined;
  #duplicate: Duplicate | undefined;

  /** @param terms `refusal`: refuses all operations but reads. Default: none is refused */
  constructor(session: ClientSession, { refusal }: { refusal?: PassbookError } = {}) {
    this.#session = session;
    this.#refusal = refusal;
  }

  /** The first failure of an operation, even if the work caught it: the server has aborted the transaction. */
  get failure(): { readonly fault: unknown } | undefined {
    return this.#failure;
  }

  get duplicate(): Duplicate | undefined {
    return this.#duplicate;
  }

  get hasWritten(): boolean {
    return this.#hasWritten;
  }

  get isUndone(): boolean {
    return this.#isUndone;
  }

  /** Discards all changes, although the work returns a result. */
  undo(): void {
    this.#isUndone = true;
  }

  read<T>(operation: (session: ClientSession) => Promise<T>): Promise<T> {
    return this.#queue(operation);
  }

  /** Runs an operation that blocks others but changes nothing whose outcome a caller needs. */
  lock<T>(operation: (session: ClientSession) => Promise<T>): Promise<T> {
    return this.#queue(this.#allowed(operation));
  }

  write<T>(operation: (session: ClientSession) => Promise<T>, duplicate?: Duplicate): Promise<T> {
    this.#hasWritten = true;
    return this.#queue(this.#allowed(operation), duplicate);
  }

  /**
   * Runs the caller's own operations in the session. Only a passing failure of the transaction fails the attempt;
   * any other error is the caller's own.
   */
  async runOwn(operations: (session: ClientSession) => Promise<void> | void): Promise<void> {
    this.#hasWritten = true;
    let own: { readonly fault: unknown } | undefined;
    await this.#queue(async (session) => {
      try {
        await operations(session);
      } catch (fault) {
        if (isTransient(fault)) throw fault;
        own = { fault };
      }
    });
    if (own) throw own.fault;
  }

  /** Sends no more operations; later ones fail with `fault`. */
  stop(fault: Error): void {
    this.#failure ??= { fault };
  }

  /** Accepts no more operations, and waits for the running ones. */
  async finish(): Promise<void> {
    this.#isOpen = false;
    await this.#last;
  }

  #allowed<T>(operation: (session: ClientSession) => Promise<T>): (session: ClientSession) => Promise<T> {
    const refusal = this.#refusal;
    return refusal ? () => Promise.reject(refusal) : operation;
  }

  async #queue<T>(operation: (session: ClientSession) => Promise<T>, duplicate?: Duplicate): Promise<T> {
    if (!this.#isOpen) throw new TypeError('A store can only be used inside its unit of work');
    const before = this.#last;
    const mine = (async () => {
      await before;
      if (this.#failure) throw this.#failure.fault;
      try {
        return await operation(this.#session);
      } catch (fault) {
        throw this.#fail(fault, duplicate);
      }
    })();
    this.#last = mine.catch(() => {});
    return mine;
  }

  #fail(fault: unknown, duplicate: Duplicate | undefined): unknown {
    this.#failure = { fault };
    if (!duplicate || !isDuplicateKey(fault) || !namesField(fault, duplicate.field)) return fault;
    this.#duplicate = duplicate;
    return duplicate.refusal;
  }
}

function namesField(fault: MongoServerError, field: string): boolean {
  return Object.hasOwn(Object(fault['keyPattern']) as object, field);
}
