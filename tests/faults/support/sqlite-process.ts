import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { TransferRequest } from '../../../src/application/transfers/transfer-funds.ts';
import type { TransferResult } from '../../../src/application/views.ts';
import type { Actor } from '../../../src/domain/actor.ts';
import { openSqliteStore } from '../../../src/adapters/sqlite/index.ts';
import { createLedger } from '../../../src/index.ts';
import { SYSTEM } from '../../../src/testing/fixtures/bank.ts';
import { aCustomer } from '../../../src/testing/fixtures/builders.ts';
import { compiled } from '../../support/program.ts';
import type { Order, Report } from './sqlite-bank.ts';

export type ReceivedReport = Exclude<Report, { loaded: true }>;

/** One life of a bank in another process. */
export class BankProcess {
  readonly #child: ChildProcess;
  readonly #loaded: Promise<unknown>;
  readonly #closed: Promise<unknown>;

  /** Starts the process; the database is not touched before `open`. */
  constructor() {
    this.#child = fork(compiled('tests/faults/support/sqlite-bank.ts'), {
      execArgv: [],
      // Amounts are bigints.
      serialization: 'advanced',
    });
    this.#loaded = once(this.#child, 'message');
    this.#closed = Promise.all([once(this.#child, 'exit'), once(this.#child, 'disconnect')]);
  }

  /**
   * Opens the bank, and calls `hear` for each answer and each failure that reaches us.
   * @param threadThreshold from how many commands in a unit on the next is written by a thread
   */
  async open(path: string, threadThreshold: number, hear: (heard: ReceivedReport) => void): Promise<void> {
    await this.#loaded;
    this.#child.on('message', hear);
    this.#order({ open: path, threadThreshold });
  }

  transfer(actor: Actor, request: TransferRequest): void {
    this.#order({ actor, request });
  }

  /** At once, without a word; then gives what was still on its way to us the time to arrive. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }

  async close(): Promise<void> {
    this.#order({ close: true });
    await this.#closed;
  }

  #order(order: Order): void {
    this.#child.send(order, () => {
      // The process may be dead; its caller then sees that no answer came.
    });
  }
}

export type Payer = { readonly actor: Actor; readonly accountId: string };

export async function openPayers(path: string, funds: bigint): Promise<readonly Payer[]> {
  const store = await openSqliteStore({ path });
  const ledger = createLedger({ store });
  const payers = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const actor = aCustomer();
      const opened = await ledger.openAccount(actor, {});
      if (!opened.ok) throw new TypeError(opened.code);
      const { accountId } = opened.account;
      await ledger.fundAccount(
        SYSTEM,
        { destinationAccountId: accountId, amount: funds, idempotencyKey: accountId },
        { alongside: (tx) => void tx.run('CREATE TABLE IF NOT EXISTS own_writes (key TEXT) STRICT') },
      );
      return { actor, accountId };
    }),
  );
  await ledger.close();
  await store.close();
  return payers;
}

/** Transfers between accounts, each under a key of its own, and what became of them. */
export class Workload {
  readonly #payers: readonly Payer[];
  readonly #name: string;
  readonly #unanswered = new Map<string, { actor: Actor; request: TransferRequest }>();
  readonly results = new Map<string, { request: TransferRequest; result: TransferResult }>();
  #count = 0;

  constructor(name: string, payers: readonly Payer[]) {
    this.#name = name;
    this.#payers = payers;
  }

  get unanswered(): readonly { actor: Actor; request: TransferRequest }[] {
    return [...this.#unanswered.values()];
  }

  next(): { actor: Actor; request: TransferRequest } {
    const source = this.#any();
    let destination = this.#any();
    while (destination === source) destination = this.#any();
    this.#count += 1;
    const request = {
      sourceAccountId: source.accountId,
      destinationAccountId: destination.accountId,
      amount: BigInt(1 + Math.floor(Math.random() * 50)),
      idempotencyKey: `${this.#name} ${this.#count}`,
    };
    const order = { actor: source.actor, request };
    this.#unanswered.set(request.idempotencyKey, order);
    return order;
  }

  /** The first answer counts; a later one to the same key must be the same. Returns whether it is. */
  answered(key: string, result: TransferResult): boolean {
    const order = this.#unanswered.get(key);
    const before = this.results.get(key);
    if (!before && order) this.results.set(key, { request: order.request, result });
    this.#unanswered.delete(key);
    return !before || textOf(before.result) === textOf(result);
  }

  #any(): Payer {
    return this.#payers[Math.floor(Math.random() * this.#payers.length)]!;
  }
}

/** A result but for whether it is a replay. */
function textOf(result: TransferResult): string {
  return JSON.stringify(result, (name, value: unknown) => {
    if (name === 'replayed') return undefined;
    return typeof value === 'bigint' ? `${value}n` : value;
  });
}
