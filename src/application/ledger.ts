import type { Digest } from '../domain/integrity/hash-chain.ts';
import type { HexDigest } from '../domain/integrity/merkle-tree.ts';
import { isCurrency } from '../domain/money/money.ts';
import {
  closeAccount,
  freezeAccount,
  limitAccount,
  renameAccount,
  unfreezeAccount,
} from './administer-account.ts';
import { captureHold, reverseTransfer, voidHold } from './end-transfer.ts';
import { eraseText } from './erase-text.ts';
import { exchangeFunds } from './exchange-funds.ts';
import { exportStatement, readStatementProof } from './export-statement.ts';
import { fundAccount, withdrawFunds } from './fund-account.ts';
import { getAccount, getBalance } from './get-account.ts';
import { findTransferByKey, getTransfer } from './get-transfer.ts';
import { HoldSweeper } from './hold-sweeper.ts';
import type { SweeperOptions } from './hold-sweeper.ts';
import { listAccounts } from './list-accounts.ts';
import { getStatement } from './get-statement.ts';
import { getTrialBalance } from './get-trial-balance.ts';
import { listAudit } from './list-audit.ts';
import { listEntries } from './list-entries.ts';
import { listTransfers } from './list-transfers.ts';
import { listCheckpoints, makeCheckpoint } from './make-checkpoint.ts';
import { openAccount } from './open-account.ts';
import type { CheckpointPorts } from './checkpoint-ports.ts';
import type { Clock, Courier, IdGenerator, Logger, Store } from './ports.ts';
import { submitBatch } from './submit-batch.ts';
import { transferFunds } from './transfer-funds.ts';
import { TransferWriter } from './transfer-writer.ts';
import type { WriterLimits } from './transfer-writer.ts';
import { verifyBooks } from './verify-books.ts';

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
  readonly courier?: Courier;
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
  const writer = new TransferWriter({ ...rest, unitOfWork: store.unitOfWork });
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
