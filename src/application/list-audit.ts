import type { AuditRecord } from '../domain/audit.ts';
import { readPage } from './page.ts';
import type { Page, PageRequest } from './page.ts';
import type { LedgerReads } from './ports.ts';

/**
 * The audit log, the oldest record first. For the system and for auditors: whoever calls it has checked that.
 * @throws PassbookError `invalid_request`, `unavailable`
 */
export function listAudit({ reads }: { reads: LedgerReads }) {
  return async (request: PageRequest = {}): Promise<Page<AuditRecord>> => {
    const page = await readPage(request, async ({ after, limit }) => {
      const records = await reads.audit({ after: after === null ? null : sequenceOf(after), limit });
      return records.map((record) => ({ id: record.sequence.toString(), record }));
    });
    return { ...page, items: page.items.map(({ record }) => record) };
  };
}

/** A cursor that holds no sequence is behind all of them. */
function sequenceOf(id: string): number {
  return /^\d{1,15}$/.test(id) ? Number(id) : Number.MAX_SAFE_INTEGER;
}
