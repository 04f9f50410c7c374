import type { AuditRecord } from '../../domain/integrity/audit-log.ts';
import type { Digest } from '../../domain/integrity/hash-chain.ts';
import { Cursors } from '../cursor.ts';
import { readPage, sequenceOf } from '../page.ts';
import type { Page, ListRequest } from '../page.ts';
import type { LedgerReads } from '../ports/ledger-store.ts';

/**
 * The audit log, the oldest record first. For the system and for auditors: whoever calls it has checked that.
 * @throws PassbookError `invalid_request`, `unavailable`
 */
export function listAudit({ reads, digest }: { reads: LedgerReads; digest: Digest }) {
  const cursors = new Cursors(digest, ['audit']);
  return async (request: ListRequest = {}): Promise<Page<AuditRecord>> => {
    const page = await readPage(request, cursors, async ({ after, limit }) => {
      const records = await reads.audit({ after: after === null ? null : sequenceOf(after), limit });
      return records.map((record) => ({ id: record.sequence.toString(), record }));
    });
    return { ...page, items: page.items.map(({ record }) => record) };
  };
}
