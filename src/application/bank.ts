import { listOwnApiKeys, makeApiKey, revokeApiKey } from './api-keys/manage-api-keys.ts';
import { authenticateKey } from './api-keys/authenticate-key.ts';
import { addPasskey, askForPasskey, removePasskey, renamePasskey } from './factors/manage-passkeys.ts';
import { addTotp, confirmTotp, removeTotp } from './factors/totp.ts';
import { askForConfirmation, confirmOrder } from './factors/confirm-order.ts';
import { askForSignIn, signInWithPasskey } from './factors/sign-in-with-passkey.ts';
import { checkSecondFactor } from './factors/check-second-factor.ts';
import { listFactors } from './factors/list-factors.ts';
import { makeRecoveryCodes } from './factors/make-recovery-codes.ts';
import { requireConfirmation } from './factors/require-confirmation.ts';
import type { StepUpAmounts } from './factors/require-confirmation.ts';
import { findUser, findUsers, readUsers } from './users/find-user.ts';
import { ensureSystemUser, grantRole } from './users/grant-role.ts';
import { PassbookError } from '../domain/errors.ts';
import type { ErrorCode } from '../domain/errors.ts';
import { assembleLedger } from './ledger.ts';
import type { LedgerPorts } from './ledger.ts';
import type { LedgerReads, UnitOfWork } from './ports/ledger-store.ts';
import type { OutboxReads } from './ports/outbox.ts';
import type { Logger } from './ports/runtime.ts';
import type { ApiKeyFormat, LinkTokens, PasswordHasher } from './ports/user-store.ts';
import { checkPayee } from './payees/check-payee.ts';
import { listPayees, relabelPayee, removePayee } from './payees/manage-payees.ts';
import { nameCounterparties } from './payees/name-counterparties.ts';
import { payeeNames } from './payees/payee-names.ts';
import { savePayee } from './payees/save-payee.ts';
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
import type { FactorTools } from './ports/second-factors.ts';
import { ApiKeyCache, SessionCache } from './users/session-cache.ts';
import { SessionUse } from './users/session-use.ts';
import { VerificationRuns } from './proofs/verification-runs.ts';
import { RecentTrialBalances } from './reporting/recent-trial-balance.ts';
import { endSessions } from './staff/end-sessions-of-user.ts';
import { frozenAccounts, lockedUsers } from './staff/needs-attention.ts';
import { inspectAccount, inspectAccounts } from './staff/inspect-account.ts';
import { inspectTransfer } from './staff/inspect-transfer.ts';
import { countGivenUpMails, listUnsentMails } from './staff/list-unsent-mails.ts';
import { mailsOfTransfer } from './staff/mails-of-transfer.ts';
import { retryAllMails, retryMails } from './staff/retry-mails.ts';
import { readSecurityEvents } from './staff/read-security-events.ts';
import { recentAudit } from './staff/recent-audit.ts';
import { findApiKey, searchPeople } from './staff/search-people.ts';
import { sendResetLink } from './staff/send-reset-link.ts';
import { lockUser, unlockUser } from './staff/lock-user.ts';
import { noteDenial } from './staff/note-denial.ts';
import { registerUser } from './users/register-user.ts';
import { CommitFeed } from './live/commit-feed.ts';
import { listPending } from './transfers/list-pending.ts';
import { balancesAt } from './reporting/balances-at.ts';
import { accountsVersion, watchAccounts } from './live/watch-accounts.ts';
import { authenticate, signIn } from './users/sign-in.ts';

export type BankPorts = LedgerPorts &
  SessionPorts & {
    readonly hasher: PasswordHasher;
    readonly links: LinkTokens;
    /** Waits, so that an answer's time says nothing. Default: by a timer. */
    readonly wait?: (ms: number) => Promise<void>;
    readonly apiKeyFormat: ApiKeyFormat;
    readonly isCommonPassword: (password: string) => boolean;
    readonly factorTools: FactorTools;
    /** Amounts above which a customer confirms a transfer. Default: none. */
    readonly stepUpAmounts?: StepUpAmounts;
    /** Called after each sign-in, with the code of the error of a failed one. Must not throw. */
    readonly onSignIn?: (attempt: SignInAttempt) => void;
    /** Called after a commit that may have written messages to the outbox. Must not throw. */
    readonly onCommit: () => void;
    readonly log: Logger;
  };

export type SignInAttempt = { readonly method: 'password' | 'passkey'; readonly outcome: 'ok' | ErrorCode };

export type Bank = ReturnType<typeof assembleBank>;

/** Assembles the server's use cases: the ledger, and its users. @throws TypeError same as `assembleLedger` */
export function assembleBank(ports: BankPorts) {
  const { unitOfWork, reads } = ports.store;
  const recentSessions = new SessionCache({ reads, clock: ports.clock });
  const recentKeys = new ApiKeyCache({ reads, clock: ports.clock });
  const sessionUse = new SessionUse({ unitOfWork, clock: ports.clock });
  const feed = new CommitFeed();
  const ledger = assembleLedger({ ...ports, observers: [...(ports.observers ?? []), feed] });
  const { factorTools, stepUpAmounts = new Map() } = ports;
  const shared = { ...ports, ...factorTools, unitOfWork, reads, recentSessions, recentKeys };
  const namesOfPayees = payeeNames({ reads });
  const counterparties = nameCounterparties({ payeeNames: namesOfPayees });
  const people = {
    wait: afterMs,
    ...shared,
    ledger,
    counterparties,
    sessionUse,
    checkSecondFactor: checkSecondFactor(shared),
  };
  return {
    ledger,
    /** Adds what a payer may see of payees to the ledger's views. */
    counterparties,
    payeeNames: namesOfPayees,
    registerUser: registerUser(people),
    signIn: noted('password', signIn(people), ports),
    signOut: signOut(people),
    signOutEverywhere: signOutEverywhere(people),
    listSessions: listSessions(people),
    revokeSession: revokeSession(people),
    refreshSession: refreshSession(people),
    renewAccess: renewAccess(people),
    authenticate: authenticate(people),
    /** Writes the last uses of sessions that wait to be written. */
    writeSessionUse: () => sessionUse.write(),
    askForSignIn: askForSignIn(people),
    signInWithPasskey: noted('passkey', signInWithPasskey(people), ports),
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
    findUsers: findUsers(people),
    listUsers: readUsers(people),
    searchPeople: searchPeople(people),
    findApiKey: findApiKey(people),
    lockUser: lockUser(people),
    unlockUser: unlockUser(people),
    endSessions: endSessions(people),
    sendResetLink: sendResetLink(people),
    inspectAccount: inspectAccount(people),
    inspectAccounts: inspectAccounts(people),
    inspectTransfer: inspectTransfer({ scan: ports.store.scan, clock: ports.clock }),
    recentAudit: recentAudit(people),
    frozenAccounts: frozenAccounts(people),
    lockedUsers: lockedUsers(people),
    /** Mails that were not sent. Null if the store cannot read its outbox. */
    mails: ports.store.outbox ? mailsIn({ ...people, outbox: ports.store.outbox }) : null,
    /** Verifies the books in the background of this process. */
    verification: new VerificationRuns({ ...ports, verify: ledger.verifyBooks }),
    /** Trial balances that a page shows without waiting for them. */
    trialBalances: new RecentTrialBalances({ ...ports, compute: ledger.getTrialBalance }),
    checkPayee: checkPayee(people),
    savePayee: savePayee(people),
    listPayees: listPayees(people),
    relabelPayee: relabelPayee(people),
    removePayee: removePayee(people),
    makeApiKey: makeApiKey(people),
    listApiKeys: listOwnApiKeys(people),
    revokeApiKey: revokeApiKey(people),
    authenticateKey: authenticateKey(people),
    watchAccounts: watchAccounts({ reads, feed, wait: afterMs, digest: ports.digest }),
    balancesAt: balancesAt({ reads }),
    listPending: listPending({ reads, clock: ports.clock }),
    accountsVersion: accountsVersion({ reads, digest: ports.digest }),
    listSecurityEvents: readSecurityEvents(people),
    noteDenial: noteDenial(people),
    ensureSystemUser: ensureSystemUser(people),
    /** Rejects with `unavailable` unless the store can currently be read and written. */
    check: () => ports.store.check(),
  };
}

/** Assembles the use cases about mails that were not sent. */
function mailsIn(ports: BankPorts & { outbox: OutboxReads; unitOfWork: UnitOfWork; reads: LedgerReads }) {
  return {
    list: listUnsentMails(ports),
    countGivenUp: countGivenUpMails(ports),
    ofTransfer: mailsOfTransfer(ports),
    retry: retryMails(ports),
    retryAll: retryAllMails(ports),
  };
}

/** Calls `onSignIn` after each sign-in. */
function noted<Args extends unknown[], R>(
  method: SignInAttempt['method'],
  attempt: (...args: Args) => Promise<R>,
  { onSignIn }: Pick<BankPorts, 'onSignIn'>,
): (...args: Args) => Promise<R> {
  if (!onSignIn) return attempt;
  return async (...args) => {
    try {
      const signedIn = await attempt(...args);
      onSignIn({ method, outcome: 'ok' });
      return signedIn;
    } catch (error) {
      onSignIn({ method, outcome: error instanceof PassbookError ? error.code : 'internal_error' });
      throw error;
    }
  };
}

function afterMs(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}
