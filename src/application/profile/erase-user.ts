import type { Actor } from '../../domain/actor.ts';
import { PassbookError } from '../../domain/errors.ts';
import type { ErrorCode } from '../../domain/errors.ts';
import type { User } from '../../domain/entities/user.ts';
import type { Ledger } from '../ledger.ts';
import { PAGE_LIMIT_MAX } from '../page.ts';
import type { Stores, UnitOfWork } from '../ports/ledger-store.ts';
import type { Clock, IdGenerator } from '../ports/runtime.ts';
import type { PasswordHasher, UserWithPassword } from '../ports/user-store.ts';
import { confirmPassword, requireSamePassword } from '../users/confirm-password.ts';
import { endSessionsOf } from '../users/end-sessions.ts';
import { NO_ORIGIN, securityEvent, securityNotification } from '../users/security-events.ts';
import type { SessionCache } from '../users/session-cache.ts';

export type Erasure = {
  /** Ids of the accounts that this erasure closed. */
  readonly closedAccounts: readonly string[];
  /** Accounts that stay open in the books, each with the reason. */
  readonly openAccounts: readonly { readonly accountId: string; readonly code: ErrorCode }[];
};

type Ports = {
  readonly unitOfWork: UnitOfWork;
  readonly ledger: Pick<Ledger, 'listAccounts' | 'renameAccount' | 'closeAccount'>;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly hasher: PasswordHasher;
  readonly recentSessions: SessionCache;
  /** Called after the commit. Must not throw. */
  readonly onCommit: () => void;
};

/**
 * Closes a customer's accounts where possible, then erases their personal data in one transaction. A repetition after
 * a crash between the two finishes the erasure. The books keep transfers, with the payer's names in them. Payees of
 * others keep only the label that their users gave.
 * @throws PassbookError `forbidden` for other roles; `invalid_credentials`, `queue_full`, `unavailable`,
 *   `outcome_unknown`
 */
export function eraseUser(ports: Ports) {
  return async ({ userId, password }: { userId: string; password: string }): Promise<Erasure> => {
    const proved = await confirmPassword(ports, { userId, password });
    const { user } = proved;
    if (user.role !== 'customer') throw new PassbookError('forbidden');

    const { accountIds, ...erasure } = await closeAccounts(ports, user);
    const unusable = await ports.hasher.hash(ports.ids.newSalt() + ports.ids.newSalt());
    await ports.unitOfWork.run((stores) => eraseData(ports, stores, { proved, unusable, accountIds }));
    ports.recentSessions.forgetUser(userId);
    ports.onCommit();
    return erasure;
  };
}

/** Returns the ids of all the user's accounts too, even those closed before. */
async function closeAccounts(
  { ledger }: Ports,
  { id, name }: User,
): Promise<Erasure & { accountIds: readonly string[] }> {
  const actor: Actor = { kind: 'user', id, name };
  const accountIds: string[] = [];
  const closedAccounts: string[] = [];
  const openAccounts: Erasure['openAccounts'][number][] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const request = { limit: PAGE_LIMIT_MAX, ...(cursor === undefined ? {} : { cursor }) };
    const page = await ledger.listAccounts(actor, id, request);
    accountIds.push(...page.items.map(({ accountId }) => accountId));
    for (const { accountId, name: label } of page.items.filter(({ status }) => status !== 'closed')) {
      if (label !== null) await ledger.renameAccount(actor, { accountId, name: null });
      const result = await ledger.closeAccount(actor, { accountId });
      if (result.ok) closedAccounts.push(accountId);
      else if (result.code !== 'already_closed') openAccounts.push({ accountId, code: result.code });
    }
    cursor = page.nextCursor;
  }
  return { accountIds, closedAccounts, openAccounts };
}

async function eraseData(
  ports: Ports,
  stores: Stores,
  terms: { proved: UserWithPassword; unusable: string; accountIds: readonly string[] },
): Promise<void> {
  const { proved, unusable, accountIds } = terms;
  const userId = proved.user.id;
  const user = await stores.users.byId(userId);
  // Another request has erased it meanwhile
  if (!user || user.erasedAt !== null) return;
  await requireSamePassword(stores, proved);

  const at = ports.clock.now();
  await stores.users.replace(user.erase(at));
  await stores.users.setPasswordHash(userId, unusable);
  await stores.credentials.removeOf(userId);
  await stores.payees.removeOf(userId);
  await stores.payees.eraseNamesAt(accountIds);
  await endSessionsOf(stores, userId, { at });
  await stores.sessions.eraseOf(userId);
  await stores.securityEvents.eraseOf(userId);
  await stores.securityEvents.append(securityEvent(ports, 'user_erased', { userId, origin: NO_ORIGIN }));
  const mail = { recipientId: userId, origin: NO_ORIGIN, email: user.email };
  await stores.outbox.add(securityNotification(ports, 'user_erased', mail));
}
