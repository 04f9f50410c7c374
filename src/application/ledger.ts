import type { Digest } from '../domain/integrity/hash-chain.ts';
import type { HexDigest } from '../domain/integrity/merkle-tree.ts';
import { isCurrency } from '../domain/money/money.ts';
import {
  closeAccount,
  freezeAccount,
  limitAccount,
  renameAccount,
  unfreezeAccount,
} from './accounts/administer-account.ts';
import { captureHold, reverseTransfer, voidHold } from './transfers/end-hold.ts';
import { eraseText } from './transfers/erase-text.ts';
import { exchangeFunds } from './transfers/exchange-funds.ts';
import { exportStatement, readStatementProof } from './proofs/export-statement.ts';
import { fundAccount, withdrawFunds } from './transfers/fund-account.ts';
import { getAccount, getBalance } from './accounts/get-account.ts';
import { findTransferByKey, getTransfer } from './transfers/get-transfer.ts';
import { HoldSweeper } from './jobs/hold-sweeper.ts';
import type { SweeperOptions } from './jobs/hold-sweeper.ts';
import { listAccounts } from './accounts/list-accounts.ts';
import { getStatement } from './reporting/get-statement.ts';
import { getTrialBalance } from './reporting/get-trial-balance.ts';
import { listAudit } from './reporting/list-audit.ts';
import { listEntries } from './reporting/list-entries.ts';
import { listTransfers } from './transfers/list-transfers.ts';
import { listCheckpoints, makeCheckpoint } from './proofs/make-checkpoint.ts';
import { openAccount } from './accounts/open-account.ts';
import type { CheckpointPorts } from './ports/checkpoints.ts';
import type { Store } from './ports/ledger-store.ts';
import type { Clock, IdGenerator, Logger } from './ports/runtime.ts';
import type { DirectDelivery } from './ports/outbox.ts';
import { submitBatch } from './transfers/submit-batch.ts';
import { transferFunds } from './transfers/transfer-funds.ts';
import { CommandWriter } from './group-commit.ts';
import type { WriterLimits } from './group-commit.ts';
import { verifyBooks } from './proofs/verify-books.ts';

export type LedgerPorts = {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly digest: Digest;
  readonly hexDigest: HexDigest;
  /** Null: it makes no checkpoints, and proves no statement. */
  readonly checkpoints: CheckpointPorts | null;
  /** The currency where nothing names one. */
  readonly defaultCurrency: string;
  /** Null for no limit. */
  readonly accountsPerOwner: number | null;
  /** Whether owners are sent messages by the outbox; somebody must then dispatch it. */
  readonly notify: boolean;
  readonly onCommit?: () => void;
  /** Who sends the messages, where that is done in this process. */
  readonly courier?: DirectDelivery;
  readonly limits?: Partial<WriterLimits>;
};

export type Ledger = ReturnType<typeof assembleLedger>;

/**
 * The ledger's use cases over one store.
 * @throws TypeError without a store, or for a default currency that ISO 4217 does not list
 */
export function assembleLedger(ports: LedgerPorts) {
  requireStore(ports);
  if (!isCurrency(ports.defaultCurrency)) {
    throw new TypeError(`"${ports.defaultCurrency}" is not a currency of ISO 4217`);
  }
  const { store, ...rest } = ports;
  const writer = new CommandWriter({ ...rest, unitOfWork: store.unitOfWork });
  const { reads, scan } = store;
  const shared = { ...rest, reads, scan, writer, commitDeadlineMs: writer.deadlineMs };
  return {
    openAccount: openAccount(shared),
    getAccount: getAccount(shared),
    getBalance: getBalance(shared),
    listAccounts: listAccounts(shared),
    transferFunds: transferFunds(shared),
    submitBatch: submitBatch(shared),
    captureHold: captureHold(shared),
    voidHold: voidHold(shared),
    reverseTransfer: reverseTransfer(shared),
    fundAccount: fundAccount(shared),
    withdrawFunds: withdrawFunds(shared),
    exchangeFunds: exchangeFunds(shared),
    renameAccount: renameAccount(shared),
    freezeAccount: freezeAccount(shared),
    unfreezeAccount: unfreezeAccount(shared),
    limitAccount: limitAccount(shared),
    closeAccount: closeAccount(shared),
    eraseText: eraseText(shared),
    listAudit: listAudit(shared),
    /** Writes the expiry of holds that are due, once `start` is called; the ledger is right without it. */
    sweeper: (log: Logger, options?: SweeperOptions) => new HoldSweeper({ ...shared, log }, options),
    verify: verifyBooks(shared),
    makeCheckpoint: makeCheckpoint(shared),
    listCheckpoints: listCheckpoints(shared),
    exportStatement: exportStatement(shared),
    readStatementProof: readStatementProof(shared),
    getTransfer: getTransfer(shared),
    findTransferByKey: findTransferByKey(shared),
    listTransfers: listTransfers(shared),
    listEntries: listEntries(shared),
    getStatement: getStatement(shared),
    trialBalance: getTrialBalance(shared),
    /** Takes no more commands and waits for those it has. The store stays open: whoever opened it closes it. */
    close: () => writer.close(),
  };
}

function requireStore({ store }: { readonly store?: unknown }): void {
  if (store instanceof Promise) throw new TypeError('The store of a ledger is a promise: await it first');
  if (typeof store !== 'object' || store === null || !('unitOfWork' in store)) {
    throw new TypeError('A ledger needs a store, such as createLedger({ store: createMemoryStore() })');
  }
}
