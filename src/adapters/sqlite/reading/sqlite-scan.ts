import { allPages } from '../../../application/all-pages.ts';
import type { LedgerScan, TransferWithEntries } from '../../../application/ports/ledger-store.ts';
import type { Account } from '../../../domain/entities/account.ts';
import type { Transfer } from '../../../domain/entities/transfer.ts';
import { accountsAfter } from '../tables/accounts.ts';
import { findAuditHead } from '../tables/audit-log.ts';
import type { Connection } from '../connection/connection.ts';
import { entriesOfTransfer } from '../tables/entries.ts';
import { beforeCommit } from '../connection/faults.ts';
import { recordsAfter } from '../tables/idempotency-records.ts';
import { sqliteDifferences } from './sqlite-differences.ts';
import { atOneMoment } from './sqlite-reads.ts';
import { findTransfer, transfersAfter } from '../tables/transfers.ts';
import { whenUnlocked } from '../writing/waiting.ts';

const PORTION = 500;

/** @param connect opens another connection, for long reads */
export function scanOf(
  connection: Connection,
  { connect, lockTimeoutMs }: { readonly connect: () => Connection; readonly lockTimeoutMs: number },
): LedgerScan {
  return {
    accountsPage: (page) => read(() => accountsAfter(connection, page)),
    transfersPage: (page) => read(() => transfersAfter(connection, page).map(withEntries)),
    transfersById: (ids) =>
      read(() => ids.flatMap((id) => findTransfer(connection, id) ?? []).map(withEntries)),
    recordsPage: (page) => read(() => recordsAfter(connection, page)),
    differences: () => sqliteDifferences(connection, read),
    async atOnce(work) {
      const lasting = await whenUnlocked(connect, performance.now() + lockTimeoutMs);
      try {
        lasting.exec('BEGIN');
        return await work({ auditHead: findAuditHead(lasting), accounts: () => accountsOf(lasting) });
      } catch (fault) {
        throw beforeCommit(fault);
      } finally {
        lasting.rollBack();
        lasting.close();
      }
    },
  };

  async function read<R>(attempt: () => R): Promise<R> {
    try {
      return await whenUnlocked(() => atOneMoment(connection, attempt), performance.now() + lockTimeoutMs);
    } catch (fault) {
      throw beforeCommit(fault);
    }
  }

  function withEntries(transfer: Transfer): TransferWithEntries {
    return { transfer, entries: entriesOfTransfer(connection, transfer.id) };
  }
}

function accountsOf(connection: Connection): AsyncIterable<readonly Account[]> {
  return allPages((page) => accountsAfter(connection, page), { idOf: ({ id }) => id, limit: PORTION });
}
