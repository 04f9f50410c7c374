import { MaxKey } from 'mongodb';
import type { LedgerReads, PageRequest, SessionReads } from '../../application/ports.ts';
import type { Account } from '../../domain/account.ts';
import type { AuditRecord } from '../../domain/audit.ts';
import { PassbookError } from '../../domain/errors.ts';
import { keyText } from '../../domain/idempotency.ts';
import type { IdempotencyKey, IdempotencyRecord } from '../../domain/idempotency.ts';
import type { Instant } from '../../domain/time.ts';
import type { LedgerEntry } from '../../domain/ledger-entry.ts';
import type { Session } from '../../domain/session.ts';
import type { Transfer } from '../../domain/transfer.ts';
import type { User } from '../../domain/user.ts';
import { accountOf } from './account-document.ts';
import type { AccountDocument } from './account-document.ts';
import { auditRecordOf } from './audit-document.ts';
import type { Collections } from './collections.ts';
import { entryOf } from './entry-document.ts';
import type { EntryId } from './entry-document.ts';
import { unavailable } from './faults.ts';
import { findSession } from './mongo-stores.ts';
import { recordOf, transferIdsOf } from './record-document.ts';
import { TimeLimit } from './time-limit.ts';
import { transferOf } from './transfer-document.ts';

/**
 * From the primary, and what a majority has. What is looked for is always compared with `$eq`, so that an id that is
 * not a text finds nothing, whatever operators it spells.
 */
export class MongoReads implements LedgerReads, SessionReads {
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

  readonly linesOf = toCome;
  readonly entriesAt = toCome;
  readonly linesBetween = toCome;
  readonly accountsPage = toCome;
  readonly totals = toCome;

  async record(key: IdempotencyKey): Promise<IdempotencyRecord | undefined> {
    return this.#read(async () => {
      const document = await this.#collections.records.findOne({ _id: { $eq: keyText(key) } });
      if (!document) return undefined;
      // Written in one transaction: where the record is, the transfers are
      const ids = [...transferIdsOf(document)];
      const transfers =
        ids.length === 0 ? [] : await this.#collections.transfers.find({ _id: { $in: ids } }).toArray();
      return recordOf(key, document, new Map(transfers.map((transfer) => [transfer._id, transfer])));
    });
  }

  session(id: string): Promise<{ session: Session; user: User } | undefined> {
    return this.#read(() => findSession(this.#collections.sessions, id));
  }

  async holdsDue(accountId: string, until: Instant): Promise<readonly Transfer[]> {
    const documents = await this.#read(() =>
      this.#collections.transfers
        .find({
          status: 'pending',
          'legs.accountId': { $eq: accountId },
          expiresAt: { $lte: new Date(until) },
        })
        .sort({ expiresAt: 1 })
        .toArray(),
    );
    return documents.map((document) => transferOf(document));
  }

  async accountsWithDueHolds(until: Instant, limit: number): Promise<readonly string[]> {
    const documents = await this.#read(() =>
      this.#collections.accounts
        .find({ nextExpiryAt: { $type: 'date', $lte: new Date(until) } })
        .sort({ nextExpiryAt: 1 })
        .limit(limit)
        .project<{ _id: string }>({ _id: 1 })
        .toArray(),
    );
    return documents.map(({ _id }) => _id);
  }

  async audit({ after, limit }: { after: number | null; limit: number }): Promise<readonly AuditRecord[]> {
    const documents = await this.#read(() =>
      this.#collections.audit
        .find({ _id: { $gt: BigInt(after ?? 0) } })
        .sort({ _id: 1 })
        .limit(limit)
        .toArray(),
    );
    return documents.map(auditRecordOf);
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

async function toCome(): Promise<never> {
  throw new TypeError('to come');
}
