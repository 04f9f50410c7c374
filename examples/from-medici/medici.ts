import type { Db, ObjectId } from 'mongodb';

/** One line of a journal, in the collection `medici_transactions`. Medici counts in floats of whole units. */
export type MediciTransaction = {
  readonly _journal: ObjectId;
  readonly book: string;
  /** The path of the account, such as `Assets:Cash`. */
  readonly accounts: string;
  readonly debit: number;
  readonly credit: number;
};

export type MediciJournal = {
  readonly _id: ObjectId;
  readonly book: string;
  readonly datetime: Date;
  readonly memo?: string;
};

/** Journals that await approval do not count in medici. Older versions have the field, later ones do not. */
const APPROVED = { approved: { $ne: false } };

/** Reads a book of medici. A voided journal counts, and so does the journal that medici made to void it. */
export function readMedici(db: Db, book: string) {
  const journals = db.collection<MediciJournal>('medici_journals');
  const transactions = db.collection<MediciTransaction>('medici_transactions');
  return {
    accounts: async () => (await transactions.distinct('accounts', { book, ...APPROVED })).toSorted(),

    journals: () => journals.find({ book, ...APPROVED }).sort({ datetime: 1, _id: 1 }),

    lines: (journal: MediciJournal) =>
      transactions
        .find({ book, _journal: journal._id, ...APPROVED })
        .sort({ _id: 1 })
        .toArray(),

    /** Returns credits less debits of each account, as medici sums them. */
    async balances(): Promise<ReadonlyMap<string, number>> {
      const sums = await transactions
        .aggregate<{ _id: string; balance: number }>([
          { $match: { book, ...APPROVED } },
          { $group: { _id: '$accounts', balance: { $sum: { $subtract: ['$credit', '$debit'] } } } },
        ])
        .toArray();
      return new Map(sums.map(({ _id, balance }) => [_id, balance]));
    },
  };
}
