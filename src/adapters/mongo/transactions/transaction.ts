import type { ClientSession, MongoServerError, TransactionOptions } from 'mongodb';
import type { PassbookError } from '../../../domain/errors.ts';
import { isDuplicateKey } from './errors.ts';

/** For every transaction, those that only read too; they override what the client and the collections say. */
export const TRANSACTION_OPTIONS: TransactionOptions = {
  readConcern: { level: 'snapshot' },
  writeConcern: { w: 'majority', journal: true },
  readPreference: 'primary',
};

/** What another's record under a unique key means to a unit of work. */
type Duplicate = {
  /** The key's field. */
  readonly field: string;
  readonly refusal: PassbookError;
  /** Whether that record is there for good: a majority has it. */
  readonly isDurable: () => Promise<boolean>;
};

/** One attempt. Operations go to the server one after another, whatever their callers do. */
export class Transaction {
  readonly #session: ClientSession;
  #last: Promise<unknown> = Promise.resolve();
  #isOpen = true;
  #hasWritten = false;
  #isUndone = false;
  #failure: { readonly fault: unknown } | undefined;
  #duplicate: Duplicate | undefined;

  constructor(session: ClientSession) {
    this.#session = session;
  }

  /** The first failure of an operation, whatever was made of it since: the server has aborted the transaction. */
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

  /** Nothing of it is kept, though its work comes to a result. */
  undo(): void {
    this.#isUndone = true;
  }

  read<T>(operation: (session: ClientSession) => Promise<T>): Promise<T> {
    return this.#queue(operation);
  }

  /** For what keeps others away, and changes nothing that a caller would ask after. */
  lock<T>(operation: (session: ClientSession) => Promise<T>): Promise<T> {
    return this.#queue(operation);
  }

  write<T>(operation: (session: ClientSession) => Promise<T>, duplicate?: Duplicate): Promise<T> {
    this.#hasWritten = true;
    return this.#queue(operation, duplicate);
  }

  /** Sends no more operations; those that are asked for fail with `fault`. */
  stop(fault: Error): void {
    this.#failure ??= { fault };
  }

  /** Takes no more operations, and waits for those that run. */
  async finish(): Promise<void> {
    this.#isOpen = false;
    await this.#last;
  }

  async #queue<T>(operation: (session: ClientSession) => Promise<T>, duplicate?: Duplicate): Promise<T> {
    if (!this.#isOpen) throw new TypeError('A store serves inside its unit of work alone');
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
