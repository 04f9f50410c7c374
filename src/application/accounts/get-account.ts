import type { Viewer } from '../../domain/actor.ts';
import { idOfExternal } from '../external-ids.ts';
import { PassbookError } from '../../domain/errors.ts';
import type { Balances } from '../../domain/books/outcome.ts';
import { balancesOf } from '../../domain/decisions/post-step.ts';
import type { Instant } from '../../domain/time.ts';
import type { LedgerReads } from '../ports/ledger-store.ts';
import type { Clock } from '../ports/runtime.ts';
import { accountAt, asOf, isFinal, readOwnAccount } from '../reporting/account-at.ts';
import type { ClockPorts } from '../reporting/account-at.ts';
import { viewAccount } from '../views.ts';
import type { AccountView } from '../views.ts';

/** @throws PassbookError `account_not_found` if it does not exist or is another's; `unavailable` */
export function getAccount(ports: { reads: LedgerReads; clock: Clock }) {
  return async (viewer: Viewer, accountId: string): Promise<AccountView> => {
    const at = ports.clock.now();
    const account = await readOwnAccount(ports.reads, { viewer, accountId });
    return viewAccount(await asOf(ports.reads, account, at));
  };
}

/** @throws PassbookError `account_not_found` if no account that the viewer may see has the external id; `unavailable` */
export function findAccountByExternalId(ports: { reads: LedgerReads; clock: Clock }) {
  const get = getAccount(ports);
  return async (viewer: Viewer, externalId: string): Promise<AccountView> => {
    const id = await idOfExternal(ports.reads, 'account_external_id', externalId);
    if (id === undefined) throw new PassbookError('account_not_found');
    return get(viewer, id);
  };
}

export type BalanceView = Balances & {
  readonly currency: string;
  readonly exponent: number;
  /** The requested instant. Default: the time of the read, with everything committed before. */
  readonly at: Instant;
  /** Whether the balance at that instant can no longer change. */
  readonly final: boolean;
};

/**
 * Returns the balance now, or as of the instant `at` in a time that does not depend on the length of the book. Before
 * the account was opened, it is 0.
 * @throws PassbookError `account_not_found` if it does not exist or is another's; `invalid_request` for a future
 *   instant; `unavailable`
 */
export function getBalance(ports: ClockPorts & { reads: LedgerReads }) {
  const { reads, clock } = ports;
  return async (viewer: Viewer, accountId: string, { at }: { at?: Instant } = {}): Promise<BalanceView> => {
    const now = clock.now();
    const account = await readOwnAccount(reads, { viewer, accountId });
    const isOld = at !== undefined && isFinal(ports, { field: 'at', at, now });
    const then = at === undefined ? await asOf(reads, account, now) : await accountAt(reads, account, at);
    const { currency, exponent } = account;
    const final = isOld && !reads.mayBeBehind;
    return { ...balancesOf(then), currency, exponent, at: at ?? now, final };
  };
}
