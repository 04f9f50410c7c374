import type { AuditRecord } from '../../domain/integrity/audit-log.ts';
import type { Digest } from '../../domain/integrity/hash-chain.ts';
import { Cursors } from '../cursor.ts';
import { readPage, sequenceOf } from '../page.ts';
import type { Page, ListRequest } from '../page.ts';
import type { Viewer } from '../../domain/actor.ts';
import type { LedgerReads } from '../ports/ledger-store.ts';
import { requireReader } from '../views.ts';

/**
 * Lists the audit log, oldest record first.
 * @throws PassbookError `forbidden` for a user; `invalid_request`, `unavailable`
 */
export function listAudit({ reads, digest }: { reads: LedgerReads; digest: Digest }) {
  const cursors = new Cursors(digest, ['audit']);
  return async (viewer: Viewer, request: ListRequest = {}): Promise<Page<AuditRecord>> => {
    requireReader(viewer);
    const page = await readPage(request, cursors, async ({ after, limit }) => {
      const records = await reads.audit({ after: after === null ? null : sequenceOf(after), limit });
      return records.map((record) => ({ id: record.sequence.toString(), record }));
    });
    return { ...page, items: page.items.map(({ record }) => record) };
  };
}
