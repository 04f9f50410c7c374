import { listOwnApiKeys, makeApiKey, revokeApiKey } from './api-keys/manage-api-keys.ts';
import { authenticateKey } from './api-keys/authenticate-key.ts';
import { findUser, readUsers } from './users/find-user.ts';
import { ensureSystemUser, grantRole } from './users/grant-role.ts';
import { assembleLedger } from './ledger.ts';
import type { LedgerPorts } from './ledger.ts';
import type { ApiKeyFormat, PasswordHasher } from './ports/user-store.ts';
import { readSecurityEvents } from './staff/read-security-events.ts';
import { lockUser, unlockUser } from './staff/lock-user.ts';
import { noteDenial } from './staff/note-denial.ts';
import type { SecondFactorCheck } from './users/second-factor.ts';
import { ApiKeyCache, SessionCache } from './users/session-cache.ts';
import { registerUser } from './users/register-user.ts';
import { authenticate, signIn, signOut } from './users/sign-in.ts';
import type { SessionPorts } from './users/sign-in.ts';

export type BankPorts = LedgerPorts &
  SessionPorts & {
    readonly hasher: PasswordHasher;
    readonly apiKeyFormat: ApiKeyFormat;
    readonly isCommonPassword: (password: string) => boolean;
    /** Called after a commit that may have written messages to the outbox. Must not throw. */
    readonly onCommit: () => void;
  };

export type Bank = ReturnType<typeof assembleBank>;

/** Assembles the server's use cases: the ledger, and its users. @throws TypeError same as `assembleLedger` */
export function assembleBank(ports: BankPorts) {
  const { unitOfWork, reads } = ports.store;
  const recentSessions = new SessionCache({ reads, clock: ports.clock });
  const recentKeys = new ApiKeyCache({ reads, clock: ports.clock });
  const checkSecondFactor: SecondFactorCheck = async () => null;
  const people = { ...ports, unitOfWork, reads, recentSessions, recentKeys, checkSecondFactor };
  return {
    ledger: assembleLedger(ports),
    registerUser: registerUser(people),
    signIn: signIn(people),
    signOut: signOut(people),
    authenticate: authenticate(people),
    grantRole: grantRole(people),
    findUser: findUser(people),
    listUsers: readUsers(people),
    lockUser: lockUser(people),
    unlockUser: unlockUser(people),
    makeApiKey: makeApiKey(people),
    listApiKeys: listOwnApiKeys(people),
    revokeApiKey: revokeApiKey(people),
    authenticateKey: authenticateKey(people),
    listSecurityEvents: readSecurityEvents(people),
    noteDenial: noteDenial(people),
    ensureSystemUser: ensureSystemUser(people),
    /** Rejects with `unavailable` unless the store can currently be read and written. */
    check: () => ports.store.check(),
  };
}
