import type { Viewer } from '../../domain/actor.ts';
import type { AuditRecord } from '../../domain/integrity/audit-log.ts';
import type { User } from '../../domain/entities/user.ts';
import type { LedgerReads, UnitOfWork } from '../ports/ledger-store.ts';
import { requireReader } from '../views.ts';
import { inspectAccounts } from './inspect-account.ts';
import type { AccountRecord } from './inspect-account.ts';

/** Number of the newest audit records and security events in which a search looks. */
const LOOKED_AT = 1_000;
const PAGE = 200;
/** Limit of the results. */
const MOST = 20;

export type FrozenAccount = { readonly account: AccountRecord; readonly record: AuditRecord };

/**
 * Finds the accounts that were frozen lately and still are, newest first: at most 20, of the newest 1,000 records of the
 * audit log.
 * @throws PassbookError `forbidden` for a user; `unavailable`
 */
export function frozenAccounts({ reads, unitOfWork }: { reads: LedgerReads; unitOfWork: UnitOfWork }) {
  const inspect = inspectAccounts({ reads });
  return async (viewer: Viewer): Promise<readonly FrozenAccount[]> => {
    requireReader(viewer);
    const end = (await unitOfWork.run(({ audit }) => audit.head()))?.sequence ?? 0;
    const freezes = new Map<string, AuditRecord>();
    for (let after = Math.max(0, end - LOOKED_AT); after < end; ) {
      const records = await reads.audit({ after, limit: PAGE });
      for (const record of records) noteStatus(freezes, record);
      const last = records.at(-1);
      if (!last) break;
      after = last.sequence;
    }
    const newest = [...freezes.values()].toReversed().slice(0, MOST);
    const accounts = await inspect(
      viewer,
      newest.flatMap(({ accountId }) => accountId ?? []),
    );
    return newest.flatMap((record) => {
      const account = accounts.get(record.accountId ?? '');
      return account?.status === 'frozen' ? [{ account, record }] : [];
    });
  };
}

/** Keeps the record of the last freeze of each account that is frozen after the record. */
function noteStatus(freezes: Map<string, AuditRecord>, record: AuditRecord): void {
  const { action, accountId } = record;
  if (accountId === null) return;
  if (action === 'account_unfrozen' || action === 'account_closed') freezes.delete(accountId);
  if (action !== 'account_frozen') return;
  freezes.delete(accountId);
  freezes.set(accountId, record);
}

/**
 * Finds the people who were locked out lately and still are, newest first: at most 20, of the newest 1,000 security
 * events. The caller must check the role.
 * @throws PassbookError `unavailable`
 */
export function lockedUsers({ unitOfWork }: { unitOfWork: UnitOfWork }) {
  return (): Promise<readonly User[]> =>
    unitOfWork.run(async ({ users, securityEvents }) => {
      const events = await securityEvents.list({ userId: null, before: null, limit: LOOKED_AT });
      const locked = events.filter(({ action }) => action === 'user_locked');
      const ids = [...new Set(locked.flatMap(({ userId }) => userId ?? []))].slice(0, MOST);
      const found = new Map((await users.byIds(ids)).map((user) => [user.id, user]));
      return ids.flatMap((id) => {
        const user = found.get(id);
        return user && user.lockedAt !== null && user.erasedAt === null ? [user] : [];
      });
    });
}
