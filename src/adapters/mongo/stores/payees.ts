import type { AccountOfPayee, PayeeStore } from '../../../application/ports/payee-store.ts';
import type { PageRequest } from '../../../application/ports/page-request.ts';
import type { Payee, SavedPayee } from '../../../domain/payees/payee.ts';
import { payeeDocument, payeeOf } from '../documents/payee-document.ts';
import type { PayeeDocument } from '../documents/payee-document.ts';
import { userOf } from '../documents/user-document.ts';
import type { UserDocument } from '../documents/user-document.ts';
import type { Collections } from '../schema/collections.ts';
import type { ReadOptions } from '../transactions/read-route.ts';
import type { Transaction } from '../transactions/transaction.ts';

export class MongoPayees implements PayeeStore {
  readonly #transaction: Transaction;
  readonly #payees: Collections['payees'];

  constructor(transaction: Transaction, { payees }: Collections) {
    this.#transaction = transaction;
    this.#payees = payees;
  }

  async keep(payee: Payee): Promise<void> {
    const { _id, ...document } = payeeDocument(payee);
    await this.#transaction.write((session) =>
      this.#payees.replaceOne({ _id }, document, { session, upsert: true }),
    );
  }

  async find(id: string): Promise<Payee | undefined> {
    return this.#findOne({ _id: id });
  }

  async at(userId: string, accountId: string): Promise<Payee | undefined> {
    return this.#findOne({ accountId, userId });
  }

  async savedOf(userId: string): Promise<readonly SavedPayee[]> {
    const found = await this.#transaction.read((session) =>
      this.#payees.find({ userId, savedAt: { $type: 'date' } }, { session, sort: { _id: 1 } }).toArray(),
    );
    return found.map((document) => payeeOf(document) as SavedPayee);
  }

  async page(userId: string, { after, limit }: PageRequest): Promise<readonly Payee[]> {
    const filter = { userId, _id: { $gt: after ?? '' } };
    const found = await this.#transaction.read((session) =>
      this.#payees.find(filter, { session, limit, sort: { _id: 1 } }).toArray(),
    );
    return found.map(payeeOf);
  }

  async remove(id: string): Promise<void> {
    await this.#transaction.write((session) => this.#payees.deleteOne({ _id: id }, { session }));
  }

  async removeOf(userId: string): Promise<void> {
    await this.#transaction.write((session) => this.#payees.deleteMany({ userId }, { session }));
  }

  async eraseNamesAt(accountIds: readonly string[]): Promise<void> {
    const filter = { accountId: { $in: [...accountIds] } };
    await this.#transaction.write((session) =>
      this.#payees.updateMany(filter, { $set: { confirmedName: null } }, { session }),
    );
  }

  async #findOne(filter: Partial<PayeeDocument>): Promise<Payee | undefined> {
    const found = await this.#transaction.read((session) => this.#payees.findOne(filter, { session }));
    return found ? payeeOf(found) : undefined;
  }
}

/** Finds accounts with their owners, and with the user's payees there, in one round trip. */
export async function findAccountsOfPayees(
  accounts: Collections['accounts'],
  { userId, accountIds }: { userId: string; accountIds: readonly string[] },
  options: ReadOptions,
): Promise<readonly AccountOfPayee[]> {
  const pipeline = [
    { $match: { _id: { $in: accountIds } } },
    { $project: { number: 1, ownerId: 1 } },
    { $lookup: { from: 'users', localField: 'ownerId', foreignField: '_id', as: 'owners' } },
    {
      $lookup: {
        from: 'payees',
        localField: '_id',
        foreignField: 'accountId',
        pipeline: [{ $match: { userId: { $eq: userId } } }],
        as: 'payees',
      },
    },
  ];
  type Found = {
    readonly _id: string;
    readonly number?: string | null;
    readonly owners: UserDocument[];
    readonly payees: PayeeDocument[];
  };
  const batchSize = 1 + accountIds.length;
  const found = await accounts.aggregate<Found>(pipeline, { ...options, batchSize }).toArray();
  return found.flatMap(({ _id, number = null, owners: [owner], payees: [payee] }) =>
    owner ? [{ accountId: _id, number, owner: userOf(owner), payee: payee ? payeeOf(payee) : null }] : [],
  );
}
