import { MaxKey } from 'mongodb';
import type { LedgerReads, PageRequest } from '../../application/ports.ts';
import type { Account } from '../../domain/account.ts';
import { PassbookError } from '../../domain/errors.ts';
import { keyText } from '../../domain/idempotency.ts';
import type { IdempotencyKey, IdempotencyRecord } from '../../domain/idempotency.ts';
import type { LedgerEntry } from '../../domain/ledger-entry.ts';
import type { Transfer } from '../../domain/transfer.ts';
import { accountOf } from './account-document.ts';
import type { AccountDocument } from './account-document.ts';
import type { Collections } from './collections.ts';
import { entryOf } from './entry-document.ts';
import type { EntryId } from './entry-document.ts';
import { unavailable } from './faults.ts';
import { recordOf, transferIdOf } from './record-document.ts';
import { TimeLimit } from './time-limit.ts';
import { transferOf } from './transfer-document.ts';

/**
 * From the primary, and what a majority has. What is looked for is always compared with `$eq`, so that an id that is
 * not a text finds nothing, whatever operators it spells.
 */
export class MongoReads implements LedgerReads {
  readonly #collections: Collections;
  readonly #timeoutMs: number;

  constructor({ collections, timeoutMs }: { collections: Collections; timeoutMs: number }) {
    this.#collections = collections;
    this.#timeoutMs = timeoutMs;
  }

  async account(id: string): Promise<Account | undefined> {
    const document = await this.#read(() => this.#collections.accounts.findOne({ _id: { $eq: id } }));
    return document ? restored(document) : undefined;
  }

  async accountsOf(ownerId: string, { after, limit }: PageRequest): Promise<readonly Account[]> {
    const documents = await this.#read(() =>
      this.#collections.accounts
        .find({ ownerId: { $eq: ownerId }, ...(after === null ? {} : { _id: { $gt: after } }) })
        .sort({ _id: 1 })
        .limit(limit)
        .toArray(),
    );
    return documents.map(restored);
  }

  async transfer(id: string): Promise<Transfer | undefined> {
    const document = await this.#read(() => this.#collections.transfers.findOne({ _id: { $eq: id } }));
    return document ? transferOf(document) : undefined;
  }

  async transfersOf(userId: string, { after, limit }: PageRequest): Promise<readonly Transfer[]> {
    const documents = await this.#read(() =>
      this.#collections.transfers
        .find({ parties: { $eq: userId }, ...(after === null ? {} : { _id: { $lt: after } }) })
        .sort({ _id: -1 })
        .limit(limit)
        .toArray(),
    );
    return documents.map((document) => transferOf(document));
  }

  async entriesOf(
    accountId: string,
    { after, limit }: { after: number | null; limit: number },
  ): Promise<readonly LedgerEntry[]> {
    const from: EntryId = { accountId, sequence: BigInt(after ?? 0) };
    // Above every sequence there may be
    const to = { accountId, sequence: new MaxKey() } as unknown as EntryId;
    const documents = await this.#read(() =>
      this.#collections.entries
        .find({ _id: { $gt: from, $lt: to } })
        .sort({ _id: 1 })
        .limit(limit)
        .toArray(),
    );
    return documents.map(entryOf);
  }

  async record(key: IdempotencyKey): Promise<IdempotencyRecord | undefined> {
    return this.#read(async () => {
      const document = await this.#collections.records.findOne({ _id: { $eq: keyText(key) } });
      if (!document) return undefined;
      // Written in one transaction: where the record is, the transfer is
      const transferId = transferIdOf(document);
      const transfer =
        transferId === null ? null : await this.#collections.transfers.findOne({ _id: { $eq: transferId } });
      return recordOf(key, document, transfer ?? undefined);
    });
  }

  async #read<T>(find: () => Promise<T>): Promise<T> {
    try {
      return await new TimeLimit(this.#timeoutMs).race(
        find(),
        () => new PassbookError('unavailable', { retryAfterSeconds: 1 }),
      );
    } catch (fault) {
      throw unavailable(fault);
    }
  }
}

function restored({ _id, version: _version, ...fields }: AccountDocument): Account {
  return accountOf(_id, fields);
}
