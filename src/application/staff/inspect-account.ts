import type { Viewer } from '../../domain/actor.ts';
import type { SystemPurpose } from '../../domain/entities/account.ts';
import type { Account } from '../../domain/entities/account.ts';
import { PassbookError } from '../../domain/errors.ts';
import type { Instant } from '../../domain/time.ts';
import { readAccountId } from '../accounts/account-ids.ts';
import type { LedgerReads } from '../ports/ledger-store.ts';
import type { Clock } from '../ports/runtime.ts';
import { asOf } from '../reporting/account-at.ts';
import { requireReader, viewAccount } from '../views.ts';
import type { AccountView } from '../views.ts';

/** An account with the facts that only the staff sees. */
export type AccountRecord = AccountView & {
  /** Null for a system account, which has a purpose. */
  readonly ownerId: string | null;
  readonly purpose: SystemPurpose | null;
  /** Whether a frozen account refuses credits too. */
  readonly creditsFrozen: boolean;
  /** Sequence, instant and hash of the last entry. Before the first entry: 0, the opening and a constant hash. */
  readonly sequence: number;
  readonly latestAt: Instant;
  readonly head: string;
};

type Ports = { readonly reads: LedgerReads; readonly clock: Clock };

/**
 * Returns an account in full, by its id or number.
 * @throws PassbookError `forbidden` for a user; `account_not_found`, `invalid_request`, `unavailable`
 */
export function inspectAccount({ reads, clock }: Ports) {
  return async (viewer: Viewer, account: string): Promise<AccountRecord> => {
    requireReader(viewer);
    const found = await reads.account(await readAccountId(reads, account));
    if (!found) throw new PassbookError('account_not_found');
    return recordOf(viewer, await asOf(reads, found, clock.now()));
  };
}

/**
 * Returns the accounts that exist, by id, for a page that names them.
 * @param accountIds a bounded number of ids
 * @throws PassbookError `forbidden` for a user; `unavailable`
 */
export function inspectAccounts({ reads }: Pick<Ports, 'reads'>) {
  return async (
    viewer: Viewer,
    accountIds: readonly string[],
  ): Promise<ReadonlyMap<string, AccountRecord>> => {
    requireReader(viewer);
    const found = await Promise.all([...new Set(accountIds)].map((id) => reads.account(id)));
    return new Map(found.flatMap((one) => (one ? [[one.id, recordOf(viewer, one)]] : [])));
  };
}

function recordOf(viewer: Viewer, account: Account): AccountRecord {
  const { ownerId, purpose, creditsFrozen, sequence, latestAt, head } = account;
  const view = viewAccount(account);
  return {
    ...view,
    metadata: viewer.kind === 'system' ? view.metadata : null,
    ownerId,
    purpose,
    creditsFrozen,
    sequence,
    latestAt,
    head,
  };
}
