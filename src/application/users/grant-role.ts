import { followAudit } from '../../domain/integrity/audit-log.ts';
import type { AuditFacts } from '../../domain/integrity/audit-log.ts';
import type { Digest } from '../../domain/integrity/hash-chain.ts';
import { PassbookError } from '../../domain/errors.ts';
import type { Origin } from '../../domain/entities/security-event.ts';
import { isActive, normaliseEmail, User } from '../../domain/entities/user.ts';
import type { Role } from '../../domain/entities/user.ts';
import { allPages } from '../all-pages.ts';
import { requirePassword } from './password.ts';
import type { AuditStore, UnitOfWork } from '../ports/ledger-store.ts';
import type { Clock, IdGenerator } from '../ports/runtime.ts';
import type { PasswordHasher, UserStore } from '../ports/user-store.ts';
import { revokeApiKeysOf } from '../api-keys/manage-api-keys.ts';
import { optionalText, REASON_MAX_LENGTH } from '../validation.ts';
import { requireUser } from './find-user.ts';
import type { UserRef } from './find-user.ts';
import { NO_ORIGIN, securityEvent, securityNotification } from './security-events.ts';
import type { ApiKeyCache, SessionCache } from './session-cache.ts';

type AuditPorts = { readonly clock: Clock; readonly digest: Digest };

export type GrantTerms = {
  /** Id of the system user who grants the role. Default: an operator at the command line. */
  readonly actorId?: string;
  /** For the audit log. */
  readonly reason?: string;
  readonly origin?: Origin;
};

const USERS_PAGE = 200;

/**
 * Grants a user a role, and records it in the audit log and in the user's security events in the same transaction.
 * Another role ends the user's API keys, which were made for the rights of the old one.
 * Open sessions have the role at once in this process, and within a second in others.
 * @throws PassbookError `forbidden` for one's own role, and for that of the last system user
 * @throws PassbookError `invalid_request`, `user_not_found`, `unavailable`
 */
export function grantRole(
  ports: AuditPorts & {
    unitOfWork: UnitOfWork;
    ids: IdGenerator;
    recentSessions?: SessionCache;
    recentKeys?: ApiKeyCache;
    /** Called after the commit. Must not throw. */
    onCommit?: () => void;
  },
) {
  return async (
    ref: UserRef,
    role: Role,
    { actorId, origin = NO_ORIGIN, ...terms }: GrantTerms = {},
  ): Promise<User> => {
    const reason = optionalText('reason', terms.reason, REASON_MAX_LENGTH);
    const user = await ports.unitOfWork.run(async (stores) => {
      const { users, audit, securityEvents, outbox } = stores;
      const found = await requireUser(users, ref);
      // Another system user who acts is one that is left
      if (actorId !== undefined) await requireAuthority(users, actorId, found);
      else if (found.role === 'system' && role !== 'system') await requireOtherSystemUser(users, found);
      const granted = found.grant(role);
      await users.replace(granted);
      const change = { userId: found.id, before: found.role, after: role };
      await auditGrant(audit, { ...change, actorId: actorId ?? null, reason }, ports);
      const facts = { userId: found.id, actorId: actorId ?? null, origin, details: { role } };
      await securityEvents.append(securityEvent(ports, 'role_granted', facts));
      if (found.role !== role) await revokeApiKeysOf(ports, stores, facts);
      // The mail names no place: the request came from the bank
      const mail = { recipientId: found.id, origin: NO_ORIGIN, details: { role } };
      if (isActive(found)) await outbox.add(securityNotification(ports, 'role_granted', mail));
      return granted;
    });
    ports.recentSessions?.forgetUser(user.id);
    ports.recentKeys?.forgetUser(user.id);
    ports.onCommit?.();
    return user;
  };
}

/** @throws PassbookError `forbidden` */
async function requireAuthority(users: UserStore, actorId: string, found: User): Promise<void> {
  const actor = await users.byId(actorId);
  if (actor?.role !== 'system' || !isActive(actor)) throw new PassbookError('forbidden');
  if (actor.id === found.id) {
    throw new PassbookError('forbidden', { reason: 'Nobody can change their own role' });
  }
}

/** @throws PassbookError `forbidden` */
async function requireOtherSystemUser(users: UserStore, { id }: User): Promise<void> {
  const all = allPages((page) => users.page(page), { idOf: (user) => user.id, limit: USERS_PAGE });
  for await (const page of all) {
    if (page.some((user) => user.id !== id && user.role === 'system' && isActive(user))) return;
  }
  throw new PassbookError('forbidden', { reason: 'The last system user must keep the role' });
}

async function auditGrant(
  audit: AuditStore,
  grant: { userId: string; before: Role | null; after: Role; actorId: string | null; reason: string | null },
  { clock, digest }: AuditPorts,
): Promise<void> {
  const { userId, before, after, actorId, reason } = grant;
  const facts: Omit<AuditFacts, 'sequence'> = {
    at: clock.now(),
    actor: { kind: 'system', id: actorId },
    action: 'role_granted',
    accountId: null,
    transferId: null,
    userId,
    reason,
    changes: before === after ? [] : [['role', before, after]],
  };
  await audit.append(followAudit(await audit.head(), facts, digest));
}

/**
 * Creates the system user unless it exists. Never gives the role to another user with the same address.
 * @throws PassbookError `email_already_registered` if the address is another user's, `invalid_request`, `unavailable`
 */
export function ensureSystemUser(
  ports: AuditPorts & {
    unitOfWork: UnitOfWork;
    ids: IdGenerator;
    hasher: PasswordHasher;
    isCommonPassword: (password: string) => boolean;
  },
) {
  return async (request: { email: string; password: string }): Promise<'created' | 'present'> => {
    const found = await ports.unitOfWork.run(({ users }) => users.byEmail(normaliseEmail(request.email)));
    if (found) return presentOrThrow(found.user);

    const id = ports.ids.newId();
    const user = User.register({
      id,
      name: 'System',
      email: request.email,
      role: 'system',
      at: ports.clock.now(),
    });
    const hash = await ports.hasher.hash(requirePassword(request.password, ports.isCommonPassword));
    try {
      await ports.unitOfWork.run(async ({ users, audit }) => {
        await users.insert(user, hash);
        await auditGrant(
          audit,
          { userId: user.id, before: null, after: user.role, actorId: null, reason: null },
          ports,
        );
      });
      return 'created';
    } catch (error) {
      // Two servers that start at once may both find no user; the second then finds the first one's
      if (!(error instanceof PassbookError && error.code === 'email_already_registered')) throw error;
      const other = await ports.unitOfWork.run(({ users }) => users.byEmail(user.email));
      return presentOrThrow(other?.user);
    }
  };
}

function presentOrThrow(user: User | undefined): 'present' {
  if (user?.role !== 'system') throw new PassbookError('email_already_registered');
  return 'present';
}
