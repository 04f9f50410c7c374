import { addPasskey, askForPasskey, removePasskey, renamePasskey } from './factors/manage-passkeys.ts';
import { addTotp, confirmTotp, removeTotp } from './factors/totp.ts';
import { askForConfirmation, confirmOrder } from './factors/confirm-order.ts';
import { askForSignIn, signInWithPasskey } from './factors/sign-in-with-passkey.ts';
import { checkSecondFactor } from './factors/check-second-factor.ts';
import { listFactors } from './factors/list-factors.ts';
import { makeRecoveryCodes } from './factors/make-recovery-codes.ts';
import { requireConfirmation } from './factors/require-confirmation.ts';
import type { StepUpAmounts } from './factors/require-confirmation.ts';
import { findUser } from './users/find-user.ts';
import { ensureSystemUser, grantRole } from './users/grant-role.ts';
import { assembleLedger } from './ledger.ts';
import type { LedgerPorts } from './ledger.ts';
import type { FactorTools } from './ports/second-factors.ts';
import type { PasswordHasher } from './ports/user-store.ts';
import { SessionCache } from './users/session-cache.ts';
import { registerUser } from './users/register-user.ts';
import { authenticate, signIn, signOut } from './users/sign-in.ts';
import type { SessionPorts } from './users/sign-in.ts';

export type BankPorts = LedgerPorts &
  SessionPorts & {
    readonly hasher: PasswordHasher;
    readonly isCommonPassword: (password: string) => boolean;
    readonly factorTools: FactorTools;
    /** Amounts above which a customer confirms a transfer. Default: none. */
    readonly stepUpAmounts?: StepUpAmounts;
    /** Called after a commit that may have written messages to the outbox. Must not throw. */
    readonly onCommit: () => void;
  };

export type Bank = ReturnType<typeof assembleBank>;

/** Assembles the server's use cases: the ledger, and its users. @throws TypeError same as `assembleLedger` */
export function assembleBank(ports: BankPorts) {
  const { unitOfWork, reads } = ports.store;
  const recentSessions = new SessionCache({ reads, clock: ports.clock });
  const { factorTools, stepUpAmounts = new Map() } = ports;
  const shared = { ...ports, ...factorTools, unitOfWork, reads, recentSessions };
  const people = { ...shared, checkSecondFactor: checkSecondFactor(shared) };
  return {
    ledger: assembleLedger(ports),
    registerUser: registerUser(people),
    signIn: signIn(people),
    signOut: signOut(people),
    authenticate: authenticate(people),
    askForSignIn: askForSignIn(people),
    signInWithPasskey: signInWithPasskey(people),
    listFactors: listFactors(people),
    addTotp: addTotp(people),
    confirmTotp: confirmTotp(people),
    removeTotp: removeTotp(people),
    makeRecoveryCodes: makeRecoveryCodes(people),
    askForPasskey: askForPasskey(people),
    addPasskey: addPasskey(people),
    renamePasskey: renamePasskey(people),
    removePasskey: removePasskey(people),
    askForConfirmation: askForConfirmation(people),
    confirmOrder: confirmOrder(people),
    /** Null if no amount needs a confirmation. */
    requireConfirmation: stepUpAmounts.size === 0 ? null : requireConfirmation({ ...people, stepUpAmounts }),
    grantRole: grantRole(people),
    findUser: findUser(people),
    ensureSystemUser: ensureSystemUser(people),
    /** Rejects with `unavailable` unless the store can currently be read and written. */
    check: () => ports.store.check(),
  };
}
