import { createMiddleware } from 'hono/factory';
import type { SystemActor, Viewer } from '../../../domain/actor.ts';
import { ROLES } from '../../../domain/entities/user.ts';
import type { Role, User } from '../../../domain/entities/user.ts';
import { PassbookError } from '../../../domain/errors.ts';
import type { PageEdge, SignedInPageEnv } from '../../shared/page-edge.ts';
import type { PageContext } from '../ports.ts';

const STAFF = ROLES.filter((role) => role !== 'customer');
const SYSTEM = ['system'] as const;
const OPERATORS = ['system', 'operator'] as const;
const AUDITORS = ['system', 'auditor'] as const;
const READERS = ['system', 'operator', 'auditor'] as const;

/** Roles that may do a task of the bank: the same as at the routes of the API that do it. */
const ROLES_OF_TASK = {
  readPeople: STAFF,
  readAccounts: STAFF,
  /** Entries and transfers of others. */
  readTransfers: READERS,
  readAudit: READERS,
  readSecurityEvents: AUDITORS,
  /** Mails that were not sent. */
  readMails: READERS,
  retryMails: OPERATORS,
  /** Trial balance, checkpoints and verification. */
  readBooks: AUDITORS,
  verify: AUDITORS,
  makeCheckpoint: SYSTEM,
  administerAccounts: OPERATORS,
  moveFunds: SYSTEM,
  closeAccounts: SYSTEM,
  reverse: OPERATORS,
  eraseText: SYSTEM,
  lockPeople: OPERATORS,
  grantRoles: SYSTEM,
} as const satisfies Readonly<Record<string, readonly Role[]>>;

export type StaffTask = keyof typeof ROLES_OF_TASK;

export function mayDo({ role }: Pick<User, 'role'>, task: StaffTask): boolean {
  return (ROLES_OF_TASK[task] as readonly Role[]).includes(role);
}

/** Requires a role that may do the task. Runs after `sessionRequired`. */
export function taskRequired(task: StaffTask) {
  return createMiddleware<SignedInPageEnv>(async (c, next) => {
    if (!mayDo(c.get('caller'), task)) throw new PassbookError('forbidden');
    await next();
  });
}

/** The bank itself, with the member of staff as its operator. */
export function staffActorOf({ id }: User): SystemActor {
  return { kind: 'system', id };
}

/** The reader of records that the member of staff has a role for. The system alone reads metadata. */
export function staffViewerOf({ id, role }: User): Viewer & { id: string } {
  return { kind: role === 'system' ? 'system' : 'auditor', id };
}

/** The member of staff and where the request came from, for security events about people. */
export function staffOriginIn(c: PageContext, { personOf }: Pick<PageEdge, 'personOf'>) {
  return { actorId: c.get('caller').id, origin: personOf(c).origin };
}
