import type { LedgerReads, SessionReads } from '../../application/ports.ts';
import { accountIdsWithDueHolds, findAccount, listAccounts } from './accounts.ts';
import { listAuditRecords } from './audit-log.ts';
import type { Connection } from './connection.ts';
import { listEntries } from './entries.ts';
import { beforeCommit } from './faults.ts';
import { findRecord } from './idempotency-records.ts';
import { findSession } from './sessions.ts';
import { dueHolds, findTransfer, listTransfers } from './transfers.ts';
import { whenUnlocked } from './waiting.ts';

/** Reads on a connection of their own: they see what is committed, and neither wait for a unit of work nor see into it. */
export function readsOf(
  connection: Connection,
  { lockTimeoutMs }: { readonly lockTimeoutMs: number },
): LedgerReads & SessionReads {
  return {
    account: (id) => read(() => findAccount(connection, id)),
    accountsOf: (ownerId, page) => read(() => listAccounts(connection, ownerId, page)),
    transfer: (id) => read(() => findTransfer(connection, id)),
    transfersOf: (userId, page) => read(() => listTransfers(connection, userId, page)),
    entriesOf: (accountId, page) => read(() => listEntries(connection, accountId, page)),
    linesOf: () => toCome(),
    entriesAt: () => toCome(),
    linesBetween: () => toCome(),
    accountsPage: () => toCome(),
    totals: () => toCome(),
    record: (key) => read(() => findRecord(connection, key)),
    session: (id) => read(() => findSession(connection, id)),
    holdsDue: (accountId, until) => read(() => dueHolds(connection, accountId, until)),
    accountsWithDueHolds: (until, limit) => read(() => accountIdsWithDueHolds(connection, until, limit)),
    audit: (page) => read(() => listAuditRecords(connection, page)),
  };

  /** A reader meets a lock only where another process opens, closes or recovers the database. */
  async function read<R>(attempt: () => R): Promise<R> {
    try {
      return await whenUnlocked(attempt, performance.now() + lockTimeoutMs);
    } catch (fault) {
      throw beforeCommit(fault);
    }
  }
}

async function toCome(): Promise<never> {
  throw new TypeError('to come');
}
