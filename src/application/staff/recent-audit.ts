import type { Viewer } from '../../domain/actor.ts';
import type { AuditRecord } from '../../domain/integrity/audit-log.ts';
import type { Digest } from '../../domain/integrity/hash-chain.ts';
import { Cursors } from '../cursor.ts';
import { scanPage, sequenceOf } from '../page.ts';
import type { ListRequest, Page } from '../page.ts';
import type { LedgerReads, UnitOfWork } from '../ports/ledger-store.ts';
import { requireReader } from '../views.ts';

/** The records to list: all, or only those about one account, transfer or user. */
export type AuditSubject = {
  readonly accountId?: string;
  readonly transferId?: string;
  readonly userId?: string;
};

type Ports = {
  readonly reads: LedgerReads;
  readonly unitOfWork: UnitOfWork;
  readonly digest: Digest;
};

/**
 * Lists the audit log, newest record first. With a subject, a page scans a bounded number of records: it may be short
 * or empty and still have a cursor.
 * @throws PassbookError `forbidden` for a user; `invalid_request`, `unavailable`
 */
export function recentAudit({ reads, unitOfWork, digest }: Ports) {
  return async (
    viewer: Viewer,
    request: ListRequest = {},
    subject: AuditSubject = {},
  ): Promise<Page<AuditRecord>> => {
    requireReader(viewer);
    const { accountId, transferId, userId } = subject;
    const end = ((await unitOfWork.run(({ audit }) => audit.head()))?.sequence ?? 0) + 1;
    return scanPage(request, {
      cursors: new Cursors(digest, ['audit newest first', accountId ?? transferId ?? userId ?? null]),
      read: ({ after, limit }) => below(reads, { before: after === null ? end : sequenceOf(after), limit }),
      idOf: ({ sequence }) => sequence.toString(),
      matches: (record) =>
        (accountId === undefined || record.accountId === accountId) &&
        (transferId === undefined || record.transferId === transferId) &&
        (userId === undefined || record.userId === userId),
      isPast: () => false,
      isSelective: (accountId ?? transferId ?? userId) !== undefined,
    });
  };
}

/** Returns the records right before a sequence, newest first. Sequences have no gaps. */
async function below(
  reads: LedgerReads,
  { before, limit }: { before: number; limit: number },
): Promise<readonly AuditRecord[]> {
  const last = before - 1;
  if (last < 1) return [];
  const first = Math.max(0, last - limit);
  const records = await reads.audit({ after: first, limit: last - first });
  return records.toReversed();
}
