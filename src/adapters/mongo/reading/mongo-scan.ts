import type { ClientSession, Filter, MongoClient, Sort } from 'mongodb';
import { allPages } from '../../../application/all-pages.ts';
import type {
  BooksAtOnce,
  LedgerScan,
  TransferWithEntries,
} from '../../../application/ports/ledger-store.ts';
import type { PageRequest } from '../../../application/ports/page-request.ts';
import type { Account } from '../../../domain/entities/account.ts';
import { keyFromText } from '../../../domain/books/idempotency.ts';
import type { IdempotencyRecord } from '../../../domain/books/idempotency.ts';
import type { Fault } from '../../../domain/verification/faults.ts';
import type { AccountDocument } from '../documents/account-document.ts';
import { auditRecordOf } from '../documents/audit-document.ts';
import type { Collections } from '../schema/collections.ts';
import { mongoUnavailable } from '../transactions/errors.ts';
import { mongoDifferences } from './mongo-differences.ts';
import { recordOf, recordOfTransfer, transferIdsOf } from '../documents/record-document.ts';
import { withLastEntries } from '../documents/latest-accounts.ts';
import { ENTRIES_PART, storedEntries, transferOf } from '../documents/transfer-document.ts';
import type { TransferDocument } from '../documents/transfer-document.ts';

const PORTION = 500;

/** Reads pages in order of id, with majority read concern. */
export class MongoScan implements LedgerScan {
  readonly #client: MongoClient;
  readonly #collections: Collections;

  constructor({ client, collections }: { client: MongoClient; collections: Collections }) {
    this.#client = client;
    this.#collections = collections;
  }

  /** Reads one snapshot: otherwise an account could change between reads of its document and of its last entry. */
  accountsPage(page: PageRequest): Promise<readonly Account[]> {
    return this.#guarded(() =>
      this.#client.withSession({ snapshot: true }, (session) =>
        accountsPage(this.#collections, page, session),
      ),
    );
  }

  transfersPage({ after, limit }: PageRequest): Promise<readonly TransferWithEntries[]> {
    return this.#guarded(async () => {
      const { transfers } = this.#collections;
      const found = await transfers.find(above('_id', after)).sort({ _id: 1 }).limit(limit).toArray();
      return found.map(withEntries);
    });
  }

  transfersById(ids: readonly string[]): Promise<readonly TransferWithEntries[]> {
    return this.#guarded(async () => (await this.#transfers(ids)).map(withEntries));
  }

  /** Records are in two collections, each with an index by key. */
  recordsPage({ after, limit }: PageRequest): Promise<readonly IdempotencyRecord[]> {
    return this.#guarded(async () => {
      const { records, transfers } = this.#collections;
      const others = await records.find(above('_id', after)).sort({ _id: 1 }).limit(limit).toArray();
      const own = await transfers
        .find(above<TransferDocument>('record.key', after ?? ''))
        .sort({ 'record.key': 1 } satisfies Sort)
        .limit(limit)
        .toArray();
      const ofOthers = await this.#transfers(others.flatMap(transferIdsOf));
      const byId = new Map(ofOthers.map((transfer) => [transfer._id, transfer]));
      const found = [
        ...others.map((document) => ({
          text: document._id,
          record: recordOf(keyFromText(document._id), document, byId),
        })),
        ...own.flatMap((document) => {
          const { record } = document;
          if (!record) return [];
          const key = keyFromText(record.key);
          return { text: record.key, record: recordOfTransfer(key, { document, record }) };
        }),
      ];
      found.sort((a, b) => (a.text < b.text ? -1 : 1));
      return found.slice(0, limit).map(({ record }) => record);
    });
  }

  async *differences(): AsyncGenerator<readonly Fault[]> {
    try {
      yield* mongoDifferences(this.#collections);
    } catch (fault) {
      throw mongoUnavailable(fault);
    }
  }

  /** Reads one snapshot. By default the server keeps it for five minutes. */
  atOnce<R>(read: (books: BooksAtOnce) => Promise<R>): Promise<R> {
    return this.#guarded(() =>
      this.#client.withSession({ snapshot: true }, async (session) => {
        const collections = this.#collections;
        const head = await collections.audit.findOne({}, { ...ofSnapshot(session), sort: { _id: -1 } });
        return read({
          auditHead: head ? auditRecordOf(head) : undefined,
          accounts: () =>
            allPages((page) => accountsPage(collections, page, session), {
              idOf: ({ id }) => id,
              limit: PORTION,
            }),
        });
      }),
    );
  }

  async #transfers(ids: readonly string[]): Promise<readonly TransferDocument[]> {
    if (ids.length === 0) return [];
    return this.#collections.transfers.find({ _id: { $in: [...ids] } }).toArray();
  }

  async #guarded<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (fault) {
      throw mongoUnavailable(fault);
    }
  }
}

async function accountsPage(
  { accounts, transfers }: Collections,
  { after, limit }: PageRequest,
  session: ClientSession,
): Promise<readonly Account[]> {
  const options = ofSnapshot(session);
  const documents = await accounts
    .find(above<AccountDocument>('_id', after), options)
    .sort({ _id: 1 })
    .limit(limit)
    .toArray();
  const stored = await withLastEntries(documents, (filter) =>
    transfers.find(filter, { ...options, ...ENTRIES_PART }).toArray(),
  );
  return stored.map(({ account }) => account);
}

/** Options for each single read: the collections' own options would override the session's. */
function ofSnapshot(session: ClientSession) {
  return { session, readConcern: { level: 'snapshot' } } as const;
}

function above<T>(field: string, after: string | null): Filter<T> {
  return (after === null ? {} : { [field]: { $gt: after } }) as Filter<T>;
}

function withEntries(document: TransferDocument): TransferWithEntries {
  return { transfer: transferOf(document), entries: storedEntries(document) };
}
