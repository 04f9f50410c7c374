/**
 * medici by its documented pattern for wallets that must not go below zero: in one transaction the entry, then the
 * payer's balance, then the write lock on the payer's account.
 */
import { Book, initModels, mongoTransaction, syncIndexes } from 'medici';
import mongoose from 'mongoose';
import type { Contender, Point, Workload } from '../src/measure.ts';
import type { Place } from '../src/passbook.ts';
import { ACCOUNTS, drawAmount, drawPair, FUNDS } from '../src/workload.ts';

/**
 * With `snapshots`, as a book is by default: a balance is kept for a day, and what came since is added up. As all of
 * it came since in a short run, the documented option to do without is measured too.
 */
export async function openMedici({ uri, database }: Place, snapshots: boolean): Promise<Contender> {
  await mongoose.connect(uri, {
    dbName: database,
    maxPoolSize: 100,
    writeConcern: { w: 'majority', journal: true },
  });
  await initModels();
  await syncIndexes({ background: false });
  const medici = new Medici(new Book('bank', snapshots ? {} : { balanceSnapshotSec: 0 }));
  await Promise.all(Array.from({ length: ACCOUNTS }, (_, index) => medici.fund(index)));
  return medici;
}

class Medici implements Contender {
  readonly servers = [];
  readonly #book: Book;
  #workload: Workload = 'uniform';

  constructor(book: Book) {
    this.#book = book;
  }

  async fund(index: number): Promise<void> {
    await this.#book.entry('Funding').debit('Assets', FUNDS).credit(`Accounts:${index}`, FUNDS).commit();
  }

  async begin({ workload }: Point): Promise<void> {
    this.#workload = workload;
  }

  async step(): Promise<void> {
    const { source, destination } = drawPair(this.#workload, ACCOUNTS);
    const payer = `Accounts:${source}`;
    const amount = drawAmount();
    await mongoTransaction(async (session) => {
      await this.#book
        .entry('Transfer')
        .debit(payer, amount)
        .credit(`Accounts:${destination}`, amount)
        .commit({ session });
      const { balance } = await this.#book.balance({ account: payer }, { session });
      if (balance < 0) throw new Error('Not enough balance in wallet.');
      await this.#book.writelockAccounts([payer], { session });
    });
  }

  async check(acknowledged: number): Promise<void> {
    const transactions = mongoose.connection.collection('medici_transactions');
    const entries = await transactions.countDocuments();
    if (entries !== 2 * (ACCOUNTS + acknowledged)) {
      throw new Error(
        `${acknowledged} transfers were acknowledged, ${entries - 2 * ACCOUNTS} entries are there`,
      );
    }
    const [sum] = await transactions
      .aggregate<{ total: number }>([
        { $group: { _id: null, total: { $sum: { $subtract: ['$credit', '$debit'] } } } },
      ])
      .toArray();
    if (sum?.total !== 0) throw new Error(`the books add up to ${sum?.total}`);
  }

  async close(): Promise<void> {
    await mongoose.disconnect();
  }
}
