import { ownTurn } from '../../../application/event-loop.ts';
import type { BookLine, LedgerReads } from '../../../application/ports/ledger-store.ts';
import type { OutboxReads } from '../../../application/ports/outbox.ts';
import type { PayeeReads } from '../../../application/ports/payee-store.ts';
import type { SessionReads } from '../../../application/ports/user-store.ts';
import type { LedgerEntry } from '../../../domain/entities/ledger-entry.ts';
import type { Transfer } from '../../../domain/entities/transfer.ts';
import { accountIdsWithDueHolds, findAccount, findByIdentifier, selectAccounts } from '../tables/accounts.ts';
import { identifierText } from '../../../domain/books/prefetch.ts';
import { listAuditRecords } from '../tables/audit-log.ts';
import type { Connection } from '../connection/connection.ts';
import { entriesAt, entriesWith, selectEntries } from '../tables/entries.ts';
import { beforeCommit } from '../connection/faults.ts';
import { findRecord } from '../tables/idempotency-records.ts';
import { listApiKeys } from '../tables/credentials.ts';
import { selectAccountsOfPayees } from '../tables/payees.ts';
import { findSession } from '../tables/sessions.ts';
import {
  selectDueSums,
  findTransfer,
  listHoldsPlaced,
  listPendingHolds,
  listUnbooked,
} from '../tables/transfers.ts';
import { whenUnlocked } from '../writing/waiting.ts';
import { outboxReadsOf } from './sqlite-outbox-reads.ts';

/** Reads on a separate connection. They see committed data only, and never wait for a unit of work. */
export function readsOf(
  connection: Connection,
  { lockTimeoutMs }: { readonly lockTimeoutMs: number },
): LedgerReads & SessionReads & PayeeReads & OutboxReads {
  return {
    ...outboxReadsOf(connection, read),
    account: (id) => read(() => findAccount(connection, id)),
    accountsOf: (ownerId, page) => read(() => selectAccounts(connection, ownerId, page)),
    transfer: (id) => read(() => findTransfer(connection, id)),
    identify: (identifiers) =>
      read(
        () =>
          new Map(
            identifiers.flatMap((identifier) => {
              const id = findByIdentifier(connection, identifier);
              return id === undefined ? [] : [[identifierText(identifier), id] as const];
            }),
          ),
      ),
    unbookedOf: (userId, page) => read(() => listUnbooked(connection, userId, page)),
    entriesOf: (accountId, page) => read(() => selectEntries(connection, accountId, page)),
    linesOf: (accountId, page) =>
      read(() =>
        atOneMoment(connection, () => withTransfers(connection, selectEntries(connection, accountId, page))),
      ),
    entriesAt: (accountId, sequences) => read(() => entriesAt(connection, accountId, sequences)),
    async linesBetween(accountId, otherId, { before, limit }) {
      const found: BookLine[] = [];
      const of = { accountId, otherId };
      for (let below = before; ; await ownTurn()) {
        const page = { before: below, limit };
        const { lines, restBelow } = await read(() =>
          atOneMoment(connection, () => linesBetween(connection, of, page)),
        );
        found.push(...lines);
        if (restBelow === null || found.length >= limit) return found.slice(0, limit);
        below = restBelow;
      }
    },
    record: (key) => read(() => findRecord(connection, key)),
    sessions: (ids) => read(() => ids.flatMap((id) => findSession(connection, id) ?? [])),
    apiKeys: (digests) => read(() => listApiKeys(connection, digests)),
    accountsOfPayees: (userId, accountIds) =>
      read(() => atOneMoment(connection, () => selectAccountsOfPayees(connection, userId, accountIds))),
    dueOn: (accountId, until) => read(() => selectDueSums(connection, accountId, until)),
    pendingHolds: (accountId, page) => read(() => listPendingHolds(connection, accountId, page)),
    holdsPlaced: (accountId, page) => read(() => listHoldsPlaced(connection, accountId, page)),
    accountsWithDueHolds: (until, limit) => read(() => accountIdsWithDueHolds(connection, until, limit)),
    audit: (page) => read(() => listAuditRecords(connection, page)),
  };

  /** A reader meets a lock only while another process opens, closes or recovers the database. */
  async function read<R>(attempt: () => R): Promise<R> {
    try {
      return await whenUnlocked(attempt, performance.now() + lockTimeoutMs);
    } catch (fault) {
      throw beforeCommit(fault);
    }
  }
}

/** Reads in a transaction, so that all results belong to one moment, even if another process commits meanwhile. */
export function atOneMoment<R>(connection: Connection, read: () => R): R {
  connection.exec('BEGIN');
  try {
    return read();
  } finally {
    connection.rollBack();
  }
}

function withTransfers(connection: Connection, entries: readonly LedgerEntry[]): readonly BookLine[] {
  const transfers = new Map<string, Transfer>();
  return entries.map((entry) => {
    const transfer = transfers.get(entry.transferId) ?? findTransfer(connection, entry.transferId);
    if (!transfer) throw new TypeError(`Transfer ${entry.transferId} of an entry is missing`);
    transfers.set(transfer.id, transfer);
    return { entry, transfer };
  });
}

/** Reads one part of the lines. Omits transfers with several legs that involve only other accounts. */
function linesBetween(
  connection: Connection,
  of: { accountId: string; otherId: string },
  page: { before: number | null; limit: number },
): { readonly lines: readonly BookLine[]; readonly restBelow: number | null } {
  const { entries, restBelow } = entriesWith(connection, of, page);
  const lines = withTransfers(connection, entries);
  return {
    lines: lines.filter(({ transfer }) => transfer.legs.some((leg) => leg.accountId === of.otherId)),
    restBelow,
  };
}
