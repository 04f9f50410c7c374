import type { Filter } from 'mongodb';
import { blockOf, rangeOfBlock } from '../../shared/counterparty-blocks.ts';
import type {
  BookedHold,
  BookLine,
  HoldPlace,
  LedgerReads,
} from '../../../application/ports/ledger-store.ts';
import type { PageRequest } from '../../../application/ports/page-request.ts';
import type { AccountOfPayee, PayeeReads } from '../../../application/ports/payee-store.ts';
import type { SessionReads } from '../../../application/ports/user-store.ts';
import type { TransferPosition } from '../../../application/ports/transfer-position.ts';
import type { Credential } from '../../../domain/entities/credential.ts';
import type { Account } from '../../../domain/entities/account.ts';
import type { PendingSums } from '../../../domain/entities/counters.ts';
import type { AuditRecord } from '../../../domain/integrity/audit-log.ts';
import { keyText } from '../../../domain/books/idempotency.ts';
import type { IdempotencyKey, IdempotencyRecord } from '../../../domain/books/idempotency.ts';
import type { Identifier } from '../../../domain/books/prefetch.ts';
import { PassbookError } from '../../../domain/errors.ts';
import type { Instant } from '../../../domain/time.ts';
import type { LedgerEntry } from '../../../domain/entities/ledger-entry.ts';
import type { Session } from '../../../domain/entities/session.ts';
import type { Transfer } from '../../../domain/entities/transfer.ts';
import type { User } from '../../../domain/entities/user.ts';
import type { AccountDocument } from '../documents/account-document.ts';
import { auditRecordOf } from '../documents/audit-document.ts';
import type { Collections } from '../schema/collections.ts';
import { findIdentified } from '../documents/identified.ts';
import { findDue } from '../writing/due-holds.ts';
import type { CounterpartyIndex } from '../writing/counterparty-blocks.ts';
import { entryKey, entryKeysBetween } from '../documents/entry-document.ts';
import type { ReadRoute, ReadTerms } from '../transactions/read-route.ts';
import { findApiKeys } from '../stores/credentials.ts';
import { findAccountsOfPayees } from '../stores/payees.ts';
import { findSessions } from '../stores/sessions.ts';
import { recordOf, recordOfTransfer, transferIdsOf } from '../documents/record-document.ts';
import { withLastEntries } from '../documents/latest-accounts.ts';
import { ENTRIES_PART, storedEntries, transferOf } from '../documents/transfer-document.ts';
import type { EntriesPart, TransferDocument } from '../documents/transfer-document.ts';

/**
 * Reads with majority read concern, from the primary while there is one. Filters always compare with `$eq`, so an id
 * that is not a string finds nothing, even if it contains operators.
 */
export class MongoReads implements LedgerReads, SessionReads, PayeeReads {
  readonly #collections: Collections;
  readonly #blocks: CounterpartyIndex;
  readonly #route: ReadRoute;

  constructor(parts: { collections: Collections; blocks: CounterpartyIndex; route: ReadRoute }) {
    this.#collections = parts.collections;
    this.#blocks = parts.blocks;
    this.#route = parts.route;
  }

  get mayBeBehind(): boolean {
    return this.#route.mayBeBehind;
  }

  async account(id: string): Promise<Account | undefined> {
    const document = await this.#read(({ options }) =>
      this.#collections.accounts.findOne({ _id: { $eq: id } }, options),
    );
    const [account] = await this.#upToDate(document ? [document] : []);
    return account;
  }

  async accountsOf(ownerId: string, { after, limit }: PageRequest): Promise<readonly Account[]> {
    const documents = await this.#read(({ options }) =>
      this.#collections.accounts
        .find({ ownerId: { $eq: ownerId }, ...(after === null ? {} : { _id: { $gt: after } }) }, options)
        .sort({ _id: 1 })
        .limit(limit)
        .toArray(),
    );
    return this.#upToDate(documents);
  }

  async transfer(id: string): Promise<Transfer | undefined> {
    const document = await this.#read(({ options }) =>
      this.#collections.transfers.findOne({ _id: { $eq: id } }, options),
    );
    return document ? transferOf(document) : undefined;
  }

  identify(identifiers: readonly Identifier[]): Promise<ReadonlyMap<string, string>> {
    return this.#read(({ options }) =>
      findIdentified(this.#collections, identifiers, (find) => find(options)),
    );
  }

  async unbookedOf(
    userId: string,
    { before, limit }: { before: TransferPosition | null; limit: number },
  ): Promise<readonly Transfer[]> {
    const documents = await this.#read(({ options }) =>
      this.#collections.transfers
        .find({ unbookedFor: { $eq: userId }, ...(before && isBefore(before)) }, options)
        .sort({ createdAt: -1, _id: -1 })
        .limit(limit)
        .toArray(),
    );
    return documents.map((document) => transferOf(document));
  }

  async entriesOf(
    accountId: string,
    page: { after: number | null; limit: number },
  ): Promise<readonly LedgerEntry[]> {
    const { filter, isMeant } = rangeOf(accountId, page);
    return entriesIn(await this.#findEntries(filter), accountId, isMeant);
  }

  async linesOf(
    accountId: string,
    page: { after: number | null; limit: number },
  ): Promise<readonly BookLine[]> {
    const { filter, isMeant } = rangeOf(accountId, page);
    return linesIn(await this.#find(filter), accountId, isMeant);
  }

  async entriesAt(accountId: string, sequences: readonly number[]): Promise<readonly LedgerEntry[]> {
    const wanted = new Set(sequences);
    if (wanted.size === 0) return [];
    const places = Array.from(wanted, (sequence) => entryKey({ accountId, sequence }));
    const documents = await this.#findEntries({ places: { $in: places } });
    return entriesIn(documents, accountId, (sequence) => wanted.has(sequence));
  }

  /** Searches backwards, in growing ranges of blocks. Reads only blocks that may contain the other account. */
  async linesBetween(
    accountId: string,
    otherId: string,
    { before, limit }: { before: number | null; limit: number },
  ): Promise<readonly BookLine[]> {
    const newest = (before ?? ((await this.account(accountId))?.sequence ?? 0) + 1) - 1;
    const found: BookLine[] = [];
    let to = blockOf(newest);
    for (let width = 1; found.length < limit && to > 0; width = Math.min(width * WIDER, WIDEST)) {
      const from = Math.max(1, to - width + 1);
      const blocks = await this.#blocksWith(otherId, { accountId, from, to, newest });
      for (let at = 0; found.length < limit && at < blocks.length; at += BLOCKS_AT_ONCE) {
        const some = blocks.slice(at, at + BLOCKS_AT_ONCE);
        const lines = await this.#linesWith(otherId, accountId, some);
        found.push(...lines.filter(({ entry }) => entry.sequence <= newest).toReversed());
      }
      to = from - 1;
    }
    return found.slice(0, limit);
  }

  /** The last block first. A missing or partial block may contain any account. */
  async #blocksWith(
    otherId: string,
    range: { accountId: string; from: number; to: number; newest: number },
  ): Promise<readonly number[]> {
    const { accountId, from, to, newest } = range;
    const may = await this.#read(({ options }) => this.#blocks.mayName(otherId, range, options));
    const blocks: number[] = [];
    for (let block = to; block >= from; block--) {
      if (may.get(block) !== false) blocks.push(block);
      if (!may.has(block) && rangeOfBlock(block).last <= newest) this.#blocks.writeMissing(accountId, block);
    }
    return blocks;
  }

  async #linesWith(
    otherId: string,
    accountId: string,
    blocks: readonly number[],
  ): Promise<readonly BookLine[]> {
    const ranges = blocks.map((block) => entryKeysBetween(accountId, rangeOfBlock(block)));
    const documents = await this.#find({ $or: ranges, 'legs.accountId': { $eq: otherId } });
    const meant = new Set(blocks);
    return linesIn(documents, accountId, (sequence) => meant.has(blockOf(sequence)));
  }

  async record(key: IdempotencyKey): Promise<IdempotencyRecord | undefined> {
    return this.#read(async ({ options, isWithoutPrimary }) => {
      const text = keyText(key);
      const { records, transfers } = this.#collections;
      const [document, own] = await Promise.all([
        records.findOne({ _id: { $eq: text } }, options),
        transfers.findOne({ 'record.key': { $eq: text } }, options),
      ]);
      if (own?.record) return recordOfTransfer(key, { document: own, record: own.record });
      // Another member may have a commit of the key, and a caller who finds none may pay again
      if (!document && isWithoutPrimary) throw new PassbookError('unavailable', { retryAfterSeconds: 1 });
      if (!document) return undefined;
      // One transaction wrote them all: if the record exists, its transfers do too
      const ids = [...transferIdsOf(document)];
      const found = ids.length === 0 ? [] : await transfers.find({ _id: { $in: ids } }, options).toArray();
      return recordOf(key, document, new Map(found.map((transfer) => [transfer._id, transfer])));
    });
  }

  sessions(ids: readonly string[]): Promise<readonly { session: Session; user: User }[]> {
    return this.#read(({ options }) => findSessions(this.#collections.sessions, ids, options));
  }

  apiKeys(digests: readonly string[]): Promise<readonly { key: Credential<'api_key'>; user: User }[]> {
    return this.#read(({ options }) => findApiKeys(this.#collections.credentials, digests, options));
  }

  accountsOfPayees(userId: string, accountIds: readonly string[]): Promise<readonly AccountOfPayee[]> {
    return this.#read(({ options }) =>
      findAccountsOfPayees(this.#collections.accounts, { userId, accountIds }, options),
    );
  }

  async dueOn(accountId: string, until: Instant): Promise<PendingSums> {
    const instants = { now: until, until };
    const steps = await this.#read(({ options }) =>
      findDue(this.#collections, { ids: [accountId], ...instants }, options),
    );
    return steps.by(accountId, until);
  }

  async pendingHolds(
    accountId: string,
    { after, limit }: { after: HoldPlace | null; limit: number },
  ): Promise<readonly BookedHold[]> {
    const documents = await this.#read(({ options }) =>
      this.#collections.transfers
        .find(
          { status: 'pending', 'legs.accountId': { $eq: accountId }, ...(after && isBehind(after)) },
          options,
        )
        .sort({ expiresAt: 1, _id: 1 })
        .limit(limit)
        .toArray(),
    );
    return documents.map((document) => bookedHoldOf(document, accountId));
  }

  async holdsPlaced(
    accountId: string,
    { before, limit }: { before: TransferPosition; limit: number },
  ): Promise<readonly BookedHold[]> {
    const documents = await this.#read(({ options }) =>
      this.#collections.transfers
        .find(
          { 'legs.accountId': { $eq: accountId }, expiresAt: { $exists: true }, ...isBefore(before) },
          options,
        )
        .sort({ createdAt: -1, _id: -1 })
        .limit(limit)
        .toArray(),
    );
    return documents.map((document) => bookedHoldOf(document, accountId));
  }

  async accountsWithDueHolds(until: Instant, limit: number): Promise<readonly string[]> {
    const documents = await this.#read(({ options }) =>
      this.#collections.accounts
        .find({ nextExpiryAt: { $type: 'date', $lte: new Date(until) } }, options)
        .sort({ nextExpiryAt: 1 })
        .limit(limit)
        .project<{ _id: string }>({ _id: 1 })
        .toArray(),
    );
    return documents.map(({ _id }) => _id);
  }

  async audit({ after, limit }: { after: number | null; limit: number }): Promise<readonly AuditRecord[]> {
    const documents = await this.#read(({ options }) =>
      this.#collections.audit
        .find({ _id: { $gt: BigInt(after ?? 0) } }, options)
        .sort({ _id: 1 })
        .limit(limit)
        .toArray(),
    );
    return documents.map(auditRecordOf);
  }

  #find(filter: Filter<TransferDocument>): Promise<readonly TransferDocument[]> {
    return this.#read(({ options }) => this.#collections.transfers.find(filter, options).toArray());
  }

  #findEntries(filter: Filter<TransferDocument>): Promise<readonly EntriesPart[]> {
    return this.#read(({ options }) =>
      this.#collections.transfers.find(filter, { ...ENTRIES_PART, ...options }).toArray(),
    );
  }

  async #upToDate(documents: readonly AccountDocument[]): Promise<readonly Account[]> {
    const stored = await withLastEntries(documents, (filter) => this.#findEntries(filter));
    return stored.map(({ account }) => account);
  }

  #read<T>(find: (terms: ReadTerms) => Promise<T>): Promise<T> {
    return this.#route.read(find);
  }
}

function isBefore({ at, id }: TransferPosition): Filter<TransferDocument> {
  const createdAt = new Date(at);
  return { createdAt: { $lte: createdAt }, $or: [{ createdAt: { $lt: createdAt } }, { _id: { $lt: id } }] };
}

function isBehind({ expiresAt, id }: HoldPlace): Filter<TransferDocument> {
  const at = new Date(expiresAt);
  return { expiresAt: { $gte: at }, $or: [{ expiresAt: { $gt: at } }, { _id: { $gt: id } }] };
}

/** A rejected hold has no entries and was never placed, so it is none. */
function bookedHoldOf(document: TransferDocument, accountId: string): BookedHold {
  const entries = storedEntries(document).filter((entry) => entry.accountId === accountId);
  const placed = entries.find(({ step }) => step === 'held')?.sequence ?? Infinity;
  const ended = entries.find(({ step }) => step !== 'held')?.sequence ?? null;
  return { transfer: transferOf(document), placed, ended };
}

/** Each further search covers this many times more blocks, up to WIDEST, which are some thousand entries. */
const WIDER = 4;
const WIDEST = 256;
/** Number of these blocks that are read at once. */
const BLOCKS_AT_ONCE = 8;

/** Lists all entry keys of a range, which has no gaps. The caller sorts the results. */
function rangeOf(accountId: string, { after, limit }: { after: number | null; limit: number }) {
  const first = (after ?? 0) + 1;
  const last = Math.min(first + limit - 1, Number.MAX_SAFE_INTEGER);
  const isMeant = (sequence: number) => sequence >= first && sequence <= last;
  return { filter: entryKeysBetween(accountId, { first, last }), isMeant };
}

/** The selected entries of one account, by sequence. */
function entriesIn(
  documents: readonly EntriesPart[],
  accountId: string,
  isMeant: (sequence: number) => boolean,
): readonly LedgerEntry[] {
  return documents
    .flatMap(storedEntries)
    .filter((entry) => entry.accountId === accountId && isMeant(entry.sequence))
    .sort((a, b) => a.sequence - b.sequence);
}

/** Like `entriesIn`, each with its transfer. */
function linesIn(
  documents: readonly TransferDocument[],
  accountId: string,
  isMeant: (sequence: number) => boolean,
): readonly BookLine[] {
  const lines = documents.flatMap((document) => {
    const transfer = transferOf(document);
    return entriesIn([document], accountId, isMeant).map((entry): BookLine => ({ entry, transfer }));
  });
  return lines.sort((a, b) => a.entry.sequence - b.entry.sequence);
}
