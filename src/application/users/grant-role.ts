import { followAudit } from '../../domain/integrity/audit-log.ts';
import type { AuditFacts } from '../../domain/integrity/audit-log.ts';
import type { Digest } from '../../domain/integrity/hash-chain.ts';
import { PassbookError } from '../../domain/errors.ts';
import { normaliseEmail, User } from '../../domain/entities/user.ts';
import type { Role } from '../../domain/entities/user.ts';
import { requirePassword } from './password.ts';
import type { AuditStore, UnitOfWork } from '../ports/ledger-store.ts';
import type { Clock, IdGenerator } from '../ports/runtime.ts';
import type { PasswordHasher } from '../ports/user-store.ts';
import type { SessionCache } from './session-cache.ts';

type AuditPorts = { readonly clock: Clock; readonly digest: Digest };

/**
 * Grants a user a role, and records it in the audit log in the same transaction. Open sessions have the role at once in
 * this process, and within a second in others.
 * @throws PassbookError `user_not_found`, `unavailable`
 */
export function grantRole(ports: AuditPorts & { unitOfWork: UnitOfWork; recentSessions?: SessionCache }) {
  return async (email: string, role: Role): Promise<User> => {
    const user = await ports.unitOfWork.run(async ({ users, audit }) => {
      const found = await users.byEmail(normaliseEmail(email));
      if (!found) throw new PassbookError('user_not_found');
      const granted = found.user.grant(role);
      await users.replace(granted);
      await auditGrant(audit, { userId: found.user.id, before: found.user.role, after: role }, ports);
      return granted;
    });
    ports.recentSessions?.forgetAll();
    return user;
  };
}

async function auditGrant(
  audit: AuditStore,
  { userId, before, after }: { userId: string; before: Role | null; after: Role },
  { clock, digest }: AuditPorts,
): Promise<void> {
  const facts: Omit<AuditFacts, 'sequence'> = {
    at: clock.now(),
    actor: { kind: 'system', id: null },
    action: 'role_granted',
    accountId: null,
    transferId: null,
    userId,
    reason: null,
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
        await auditGrant(audit, { userId: user.id, before: null, after: user.role }, ports);
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
