import { AsyncLocalStorage } from 'node:async_hooks';
import { PassbookError } from 'passbook-ledger';
import type { Books, Clock, Decision, Instant, Store, Stores, UnitOfWork, UnitTerms } from 'passbook-ledger';
import { JsonFile } from './json-file.ts';
import { outboxReadsOf } from './outbox.ts';
import { storesOf } from './people-and-mail.ts';
import { booksOf, readsOf, scanOf } from './reads.ts';
import { Draft } from './tables.ts';
import type { Tables } from './tables.ts';

/**
 * Opens a store that keeps the books in one JSON file and in memory. Only one process may open the file at a time.
 * @example
 * const store = await openJsonFileStore({ path: 'ledger.json' });
 */
export async function openJsonFileStore({
  path,
  clock = { now: Date.now },
}: {
  path: string;
  clock?: Clock;
}): Promise<Store> {
  const file = new JsonFile(path);
  const tables = await file.read();
  await file.replace(tables);
  const unitOfWork = new JsonFileUnitOfWork(file, tables, clock);
  const current = () => unitOfWork.tables;
  return {
    unitOfWork,
    reads: readsOf(current),
    scan: scanOf(current),
    outbox: outboxReadsOf(current),
    check: () => unitOfWork.check(),
    close: () => unitOfWork.close(),
  };
}

/** Runs units one after another, each on a draft of the books. */
class JsonFileUnitOfWork implements UnitOfWork {
  readonly #file: JsonFile;
  readonly #clock: Clock;
  /** Committed books only: a unit adopts its draft after the file is durable. */
  #tables: Tables;
  #last: Promise<unknown> = Promise.resolve();
  readonly #inside = new AsyncLocalStorage<true>();
  /** Set after a write that failed, which may have left half a line. */
  #isFileInDoubt = false;
  #isClosed = false;

  constructor(file: JsonFile, tables: Tables, clock: Clock) {
    this.#file = file;
    this.#tables = tables;
    this.#clock = clock;
  }

  get tables(): Tables {
    return this.#tables;
  }

  transact<R>(
    want: () => UnitTerms<R>,
    decide: (books: Books) => Decision<R>,
    deadline: Instant,
  ): Promise<R> {
    return this.#unit(async (draft) => {
      if (this.#clock.now() > deadline) throw new PassbookError('unavailable', { retryAfterSeconds: 1 });
      const terms = want();
      let part = decide(booksOf(this.#tables, terms));
      for (; 'next' in part; part = part.next()) draft.apply(part.changes);
      draft.apply(part.changes);
      for (const write of terms.alongside ?? []) await write(undefined, part.result);
      return part.result;
    });
  }

  run<R>(work: (stores: Stores) => Promise<R>): Promise<R> {
    return this.#unit((draft) => work(storesOf(draft)));
  }

  /** Writes a commit without changes. */
  async check(): Promise<void> {
    try {
      await this.#inTurn(() => this.#commit(new Draft(this.#tables)));
    } catch (cause) {
      throw new PassbookError('unavailable', { retryAfterSeconds: 1 }, { cause });
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#last;
    await this.#file.close();
  }

  #unit<R>(work: (draft: Draft) => Promise<R>): Promise<R> {
    return this.#inTurn(async () => {
      const draft = new Draft(this.#tables);
      try {
        const result = await work(draft);
        if (draft.writes.length > 0) await this.#commit(draft);
        return result;
      } finally {
        draft.end();
      }
    });
  }

  async #inTurn<R>(unit: () => Promise<R>): Promise<R> {
    if (this.#isClosed) throw new TypeError('The store is closed');
    if (this.#inside.getStore()) throw new TypeError('A unit of work cannot run inside another');
    const mine = this.#last.then(() => this.#inside.run(true, unit));
    this.#last = mine.catch(() => {});
    return mine;
  }

  async #commit({ tables, writes, erasesText }: Draft): Promise<void> {
    try {
      // Earlier lines still have an erased text, and a line after half a line could not be read
      if (erasesText || this.#isFileInDoubt) await this.#file.replace(tables);
      else await this.#file.append(writes);
      this.#isFileInDoubt = false;
    } catch (cause) {
      this.#isFileInDoubt = true;
      throw new PassbookError('outcome_unknown', {}, { cause });
    }
    this.#tables = tables;
  }
}
