import { findUser } from './users/find-user.ts';
import { ensureSystemUser, grantRole } from './users/grant-role.ts';
import { assembleLedger } from './ledger.ts';
import type { LedgerPorts } from './ledger.ts';
import type { Logger } from './ports/runtime.ts';
import type { LinkTokens, PasswordHasher } from './ports/user-store.ts';
import { changePassword } from './profile/change-password.ts';
import { changeProfile } from './profile/change-profile.ts';
import { confirmEmailChange, requestEmailChange } from './profile/change-email.ts';
import { eraseUser } from './profile/erase-user.ts';
import { exportData } from './profile/export-data.ts';
import { requestPasswordReset, resetPassword } from './profile/reset-password.ts';
import { requestVerification, verifyEmail } from './profile/verify-email.ts';
import type { SessionPorts } from './users/open-session.ts';
import { listSessions, revokeSession, signOut, signOutEverywhere } from './users/own-sessions.ts';
import { refreshSession, renewAccess } from './users/refresh-session.ts';
import type { SecondFactorCheck } from './users/second-factor.ts';
import { SessionCache } from './users/session-cache.ts';
import { SessionUse } from './users/session-use.ts';
import { registerUser } from './users/register-user.ts';
import { authenticate, signIn } from './users/sign-in.ts';

export type BankPorts = LedgerPorts &
  SessionPorts & {
    readonly hasher: PasswordHasher;
    readonly links: LinkTokens;
    /** Waits, so that an answer's time says nothing. Default: by a timer. */
    readonly wait?: (ms: number) => Promise<void>;
    readonly isCommonPassword: (password: string) => boolean;
    /** Called after a commit that may have written messages to the outbox. Must not throw. */
    readonly onCommit: () => void;
    readonly log: Logger;
  };

export type Bank = ReturnType<typeof assembleBank>;

/** Assembles the server's use cases: the ledger, and its users. @throws TypeError same as `assembleLedger` */
export function assembleBank(ports: BankPorts) {
  const { unitOfWork, reads } = ports.store;
  const recentSessions = new SessionCache({ reads, clock: ports.clock });
  const sessionUse = new SessionUse({ unitOfWork, clock: ports.clock });
  const checkSecondFactor: SecondFactorCheck = async () => null;
  const ledger = assembleLedger(ports);
  const people = {
    wait: afterMs,
    ...ports,
    unitOfWork,
    ledger,
    recentSessions,
    sessionUse,
    checkSecondFactor,
  };
  return {
    ledger,
    registerUser: registerUser(people),
    signIn: signIn(people),
    signOut: signOut(people),
    signOutEverywhere: signOutEverywhere(people),
    listSessions: listSessions(people),
    revokeSession: revokeSession(people),
    refreshSession: refreshSession(people),
    renewAccess: renewAccess(people),
    authenticate: authenticate(people),
    /** Writes the last uses of sessions that wait to be written. */
    writeSessionUse: () => sessionUse.write(),
    grantRole: grantRole(people),
    findUser: findUser(people),
    requestVerification: requestVerification(people),
    verifyEmail: verifyEmail(people),
    requestPasswordReset: requestPasswordReset(people),
    resetPassword: resetPassword(people),
    changePassword: changePassword(people),
    requestEmailChange: requestEmailChange(people),
    confirmEmailChange: confirmEmailChange(people),
    changeProfile: changeProfile(people),
    exportData: exportData(people),
    eraseUser: eraseUser(people),
    ensureSystemUser: ensureSystemUser(people),
    /** Rejects with `unavailable` unless the store can currently be read and written. */
    check: () => ports.store.check(),
  };
}

function afterMs(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
