import {
  identifierText,
  identifiersOfAccount,
  identifiersOfTransfer,
  keyText,
  pendingOf,
} from 'passbook-ledger';
import type {
  Account,
  BookedHold,
  BookLine,
  Books,
  HoldPlace,
  LedgerEntry,
  LedgerReads,
  LedgerScan,
  PageRequest,
  PayeeReads,
  PendingSums,
  Prefetch,
  SessionReads,
  Transfer,
  TransferPosition,
  TransferWithEntries,
} from 'passbook-ledger';
import { entryKey } from './tables.ts';
import type { Tables } from './tables.ts';

/** Everything is in memory, so a decision gets all books, and not only those it wants. */
export function booksOf(tables: Tables, { holdsDueBy }: Prefetch): Books {
  return {
    account: (id) => tables.accounts.get(id),
    transfer: (id) => tables.transfers.get(id),
    dueKnownBy: holdsDueBy,
    dueOn: (accountId, until) => dueOn(tables, accountId, until),
    firstHolds: (accountId, limit) => pendingOn(tables, accountId).slice(0, limit),
    activeAccounts: ({ ownerId, currency }) =>
      accountsOf(tables, ownerId).filter((one) => one.currency === currency && one.status === 'active'),
    accountCount: (ownerId) => accountsOf(tables, ownerId).length,
    isTaken: (identifier) => ownersOf(tables).has(identifierText(identifier)),
    record: (key) => tables.records.get(keyText(key)),
    auditHead: () => auditHead(tables),
  };
}

/** The ids of the accounts and transfers that have identifiers. */
function ownersOf({ accounts, transfers }: Tables): ReadonlyMap<string, string> {
  const owners = new Map<string, string>();
  for (const account of accounts.values()) {
    for (const identifier of identifiersOfAccount(account))
      owners.set(identifierText(identifier), account.id);
  }
  for (const transfer of transfers.values()) {
    for (const identifier of identifiersOfTransfer(transfer))
      owners.set(identifierText(identifier), transfer.id);
  }
  return owners;
}

/** Reads from the tables as of each call. Where a store for many books has an index, this one searches a table. */
export function readsOf(current: () => Tables): LedgerReads & SessionReads & PayeeReads {
  return {
    account: async (id) => current().accounts.get(id),
    accountsOf: async (ownerId, page) => pageOf(accountsOf(current(), ownerId), ({ id }) => id, page),
    transfer: async (id) => current().transfers.get(id),
    identify: async (identifiers) => {
      const wanted = new Set(identifiers.map(identifierText));
      return new Map([...ownersOf(current())].filter(([text]) => wanted.has(text)));
    },
    unbookedOf: async (userId, { before, limit }) =>
      [...current().transfers.values()]
        .filter((one) => one.unbookedFor === userId && isOlder(one, before))
        .sort(newestFirst)
        .slice(0, limit),
    entriesOf: async (accountId, page) => bookOf(current(), accountId, page),
    linesOf: async (accountId, page) => {
      const tables = current();
      return bookOf(tables, accountId, page).map((entry) => lineOf(tables, entry));
    },
    entriesAt: async (accountId, sequences) => {
      const { entries } = current();
      const ascending = [...new Set(sequences)].sort((a, b) => a - b);
      return ascending.flatMap((sequence) => entries.get(entryKey(accountId, sequence)) ?? []);
    },
    linesBetween: async (accountId, counterpartyAccountId, { before, limit }) => {
      const tables = current();
      return bookOf(tables, accountId)
        .slice(0, before === null ? undefined : before - 1)
        .toReversed()
        .map((entry) => lineOf(tables, entry))
        .filter(({ transfer }) => isOn(transfer, counterpartyAccountId))
        .slice(0, limit);
    },
    record: async (key) => current().records.get(keyText(key)),
    dueOn: async (accountId, until) => dueOn(current(), accountId, until),
    pendingHolds: async (accountId, { after, limit }) => {
      const tables = current();
      return pendingOn(tables, accountId)
        .filter((hold) => after === null || byExpiry(placeOf(hold), after) > 0)
        .slice(0, limit)
        .map((hold) => booked(tables, hold, accountId));
    },
    holdsPlaced: async (accountId, { before, limit }) => {
      const tables = current();
      return [...tables.transfers.values()]
        .filter((one) => one.isHold && isOn(one, accountId) && isOlder(one, before))
        .sort(newestFirst)
        .slice(0, limit)
        .map((hold) => booked(tables, hold, accountId));
    },
    accountsWithDueHolds: async (until, limit) =>
      [...current().accounts.values()]
        .filter(({ nextExpiryAt }) => nextExpiryAt !== null && nextExpiryAt <= until)
        .sort((a, b) => Number(a.nextExpiryAt) - Number(b.nextExpiryAt))
        .slice(0, limit)
        .map(({ id }) => id),
    audit: async ({ after, limit }) => [...current().audit.values()].slice(after ?? 0, (after ?? 0) + limit),
    sessions: async (ids) => {
      const tables = current();
      return ids.flatMap((id) => sessionOf(tables, id) ?? []);
    },
    apiKeys: async (digests) => {
      const { credentials, users } = current();
      return [...credentials.values()].flatMap((key) => {
        const user = users.get(key.userId)?.user;
        const isWanted = key.kind === 'api_key' && key.digest !== null && digests.includes(key.digest);
        return isWanted && user ? [{ key, user }] : [];
      });
    },
    accountsOfPayees: async (userId, accountIds) => {
      const { accounts, users, payees } = current();
      const own = [...payees.values()].filter((payee) => payee.userId === userId);
      return [...new Set(accountIds)].flatMap((accountId) => {
        const account = accounts.get(accountId);
        const owner = users.get(account?.ownerId ?? '')?.user;
        const payee = own.find((one) => one.accountId === accountId) ?? null;
        return account && owner ? [{ accountId, number: account.number, owner, payee }] : [];
      });
    },
  };
}

export function scanOf(current: () => Tables): LedgerScan {
  return {
    accountsPage: async (page) => pageOf(sorted(current().accounts), ({ id }) => id, page),
    transfersPage: async (page) => {
      const tables = current();
      return withEntries(
        tables,
        pageOf(sorted(tables.transfers), ({ id }) => id, page),
      );
    },
    transfersById: async (ids) => {
      const tables = current();
      return withEntries(
        tables,
        ids.flatMap((id) => tables.transfers.get(id) ?? []),
      );
    },
    recordsPage: async (page) => pageOf(sorted(current().records), keyText, page),
    // The store derives nothing from its rows, so nothing can differ
    differences: async function* () {
      yield [];
    },
    atOnce: (read) => {
      const tables = current();
      return read({
        auditHead: auditHead(tables),
        accounts: async function* () {
          yield sorted(tables.accounts);
        },
      });
    },
  };
}

export function sessionOf({ sessions, users }: Tables, id: string) {
  const session = sessions.get(id);
  const user = session && users.get(session.userId)?.user;
  return session && user && { session, user };
}

export function auditHead({ audit }: Tables) {
  return audit.get(String(audit.size));
}

/** In order of key, by code units. */
function sorted<Row>(table: ReadonlyMap<string, Row>): readonly Row[] {
  return [...table].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

function pageOf<Row>(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
  { after, limit }: PageRequest,
): readonly Row[] {
  return rows.filter((row) => after === null || keyOf(row) > after).slice(0, limit);
}

function accountsOf({ accounts }: Tables, ownerId: string): readonly Account[] {
  return sorted(accounts).filter((account) => account.ownerId === ownerId);
}

/** The entries of an account, by sequence. Default: all of them. */
function bookOf(
  { entries }: Tables,
  accountId: string,
  { after, limit }: EntryPage = { after: null, limit: Infinity },
): readonly LedgerEntry[] {
  const book: LedgerEntry[] = [];
  while (book.length < limit) {
    const entry = entries.get(entryKey(accountId, (after ?? 0) + book.length + 1));
    if (!entry) break;
    book.push(entry);
  }
  return book;
}

type EntryPage = { readonly after: number | null; readonly limit: number };

function lineOf({ transfers }: Tables, entry: LedgerEntry): BookLine {
  const transfer = transfers.get(entry.transferId);
  if (!transfer) throw new TypeError(`There is no transfer ${entry.transferId}`);
  return { entry, transfer };
}

function withEntries({ entries }: Tables, transfers: readonly Transfer[]): readonly TransferWithEntries[] {
  const found = new Map(transfers.map(({ id }): [string, LedgerEntry[]] => [id, []]));
  for (const entry of entries.values()) found.get(entry.transferId)?.push(entry);
  return transfers.map((transfer) => ({ transfer, entries: found.get(transfer.id) ?? [] }));
}

function isOn({ legs }: Transfer, accountId: string): boolean {
  return legs.some((leg) => leg.accountId === accountId);
}

function pendingOn({ transfers }: Tables, accountId: string): readonly Transfer[] {
  return [...transfers.values()]
    .filter((one) => one.status === 'pending' && isOn(one, accountId))
    .sort((a, b) => byExpiry(placeOf(a), placeOf(b)));
}

function dueOn(tables: Tables, accountId: string, until: number): PendingSums {
  let [debits, credits] = [0n, 0n];
  for (const hold of pendingOn(tables, accountId)) {
    if (Number(hold.expiresAt) > until) continue;
    const sums = pendingOf(hold, accountId);
    debits += sums.debits;
    credits += sums.credits;
  }
  return { debits, credits };
}

function booked(tables: Tables, transfer: Transfer, accountId: string): BookedHold {
  const entries = bookOf(tables, accountId).filter(({ transferId }) => transferId === transfer.id);
  const placed = entries.find(({ step }) => step === 'held')?.sequence ?? 0;
  return { transfer, placed, ended: entries.find(({ step }) => step !== 'held')?.sequence ?? null };
}

function placeOf({ id, expiresAt }: Transfer): HoldPlace {
  return { id, expiresAt: Number(expiresAt) };
}

function byExpiry(a: HoldPlace, b: HoldPlace): number {
  if (a.expiresAt !== b.expiresAt) return a.expiresAt - b.expiresAt;
  return a.id === b.id ? 0 : a.id < b.id ? -1 : 1;
}

function newestFirst(a: Transfer, b: Transfer): number {
  return b.createdAt - a.createdAt || (a.id > b.id ? -1 : 1);
}

function isOlder({ createdAt, id }: Transfer, than: TransferPosition | null): boolean {
  if (than === null) return true;
  return createdAt === than.at ? id < than.id : createdAt < than.at;
}
