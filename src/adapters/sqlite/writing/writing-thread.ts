import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { PassbookError } from '../../../domain/errors.ts';
import type { Value } from '../connection/driver.ts';
import { atCommit, beforeCommit } from '../connection/faults.ts';
import { Statements } from '../connection/statements.ts';
import type { Portion } from '../connection/statements.ts';
import type { WritingConnection } from './writing-connection.ts';

type Ask = 'version' | 'begin' | 'commit' | 'rollback' | 'close';
type Answer = { readonly version?: bigint; readonly checkpointMs?: number | null };
type CopiedFault = { readonly message: string; readonly errcode?: number; readonly isAtCommit: boolean };
type Waiting = { readonly resolve: (answer: Answer) => void; readonly reject: (fault: Error) => void };

export type ThreadTerms = {
  /** The driver's module. */
  readonly module: string;
  readonly path: string;
  /** Statements that run first on the thread's connection. */
  readonly setup: string;
};

/** A connection in its own thread, so that this thread continues during writes. Its errors have SQLite's codes. */
export class WritingThread implements WritingConnection {
  readonly #worker: Worker;
  readonly #statements = new Statements();
  /** Data version of the unit in progress. */
  #version: bigint | undefined;
  #waiting: Waiting | undefined;
  #ended: Error | undefined;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', ({ answer, fault }: { answer?: Answer; fault?: CopiedFault }) => {
      if (fault) this.#take()?.reject(new ThreadFault(fault));
      else this.#take()?.resolve(answer ?? {});
    });
    const end = (cause: unknown) => {
      this.#ended ??= new Error('The writing thread has ended', { cause });
      this.#take()?.reject(this.#ended);
    };
    worker.on('error', end);
    worker.on('exit', end);
  }

  /** @throws any error that prevents its start */
  static async start(terms: ThreadTerms): Promise<WritingThread> {
    const worker = new Worker(new URL('../connection/thread.mjs', import.meta.url), {
      workerData: terms,
      execArgv: [],
    });
    const thread = new WritingThread(worker);
    await thread.dataVersion();
    return thread;
  }

  /** An ended thread writes nothing more. */
  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  run(sql: string, ...values: Value[]): number {
    return this.#statements.run(sql, ...values);
  }

  async begin(): Promise<void> {
    this.#version = (await this.#ask('begin')).version;
  }

  async dataVersion(): Promise<bigint> {
    return this.#version ?? ((await this.#ask('version')).version as bigint);
  }

  flush(): void {
    const portion = this.#statements.take();
    if (portion) this.#send({ ask: 'write', portion });
  }

  async commit(): Promise<number | null> {
    this.flush();
    this.#version = undefined;
    try {
      return (await this.#ask('commit')).checkpointMs ?? null;
    } catch (fault) {
      if (fault instanceof ThreadFault) throw fault.isAtCommit ? atCommit(fault) : beforeCommit(fault);
      throw new PassbookError('outcome_unknown', { retryAfterSeconds: 1 }, { cause: fault });
    }
  }

  async rollBack(): Promise<void> {
    this.#statements.drop();
    this.#version = undefined;
    if (!this.hasEnded) await this.#ask('rollback');
  }

  async close(): Promise<void> {
    if (this.hasEnded) return;
    const exit = once(this.#worker, 'exit');
    await this.#ask('close');
    this.#worker.ref();
    await exit;
  }

  #ask(ask: Ask): Promise<Answer> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#worker.ref();
      this.#send({ ask });
    });
  }

  #send(request: { ask: Ask } | { ask: 'write'; portion: Portion }): void {
    this.#worker.postMessage(request, []);
  }

  #take(): Waiting | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    // The thread keeps the process alive only while a caller waits for it
    this.#worker.unref();
    return waiting;
  }
}

/** An error as thrown in the thread. Structured cloning drops an error's own fields. */
class ThreadFault extends Error {
  readonly errcode: number | undefined;
  readonly isAtCommit: boolean;

  constructor({ message, errcode, isAtCommit }: CopiedFault) {
    super(message);
    this.errcode = errcode;
    this.isAtCommit = isAtCommit;
  }
}
