import { sha256, sha256OfHex, systemClock, systemIds } from './adapters/system.ts';
import { assembleLedger } from './application/ledger.ts';
import type { Ledger, LedgerPorts } from './application/ledger.ts';

export type LedgerOptions = Pick<LedgerPorts, 'store'> & Partial<Omit<LedgerPorts, 'store'>>;

/**
 * A ledger over a store, with the machine's clock, version 7 UUIDs and SHA-256 unless others are given; in euros,
 * with no limit to an owner's accounts, sending no messages and making no checkpoints unless said otherwise.
 * @throws TypeError without a store, or for a default currency that ISO 4217 does not list
 */
export function createLedger(options: LedgerOptions): Ledger {
  return assembleLedger({
    clock: systemClock,
    ids: systemIds,
    digest: sha256,
    hexDigest: sha256OfHex,
    checkpoints: null,
    defaultCurrency: 'EUR',
    accountsPerOwner: null,
    notify: false,
    ...options,
  });
}

export type { Ledger } from './application/ledger.ts';
export type { BalanceView } from './application/accounts/get-account.ts';
export type { InitialFundsRequest, WithdrawalRequest } from './application/transfers/fund-account.ts';
export type { KeyView } from './application/transfers/get-transfer.ts';
export type { OpenAccountRequest, OpenAccountResult } from './application/accounts/open-account.ts';
export type { Statement, StatementLine, StatementRequest } from './application/reporting/get-statement.ts';
export type { TrialBalanceView } from './application/reporting/get-trial-balance.ts';
export type {
  DryRunBatchResult,
  DryRunRefused,
  DryRunTransferResult,
  DryRunTransferView,
} from './application/dry-run.ts';
export type { HistoryFilter, HistoryRequest } from './application/reporting/history-filter.ts';
export type { EntryView } from './application/reporting/list-entries.ts';
export type { Page, ListRequest as PageRequest } from './application/page.ts';
export type {
  CheckpointArchive,
  CheckpointPorts,
  CheckpointSigner,
  CheckpointView,
} from './application/ports/checkpoints.ts';
export type { Verification } from './application/proofs/verify-books.ts';
export type { LedgerReads, LedgerScan, Store, Stores, UnitOfWork } from './application/ports/ledger-store.ts';
export type { Clock, IdGenerator } from './application/ports/runtime.ts';
export type { WriterLimits } from './application/group-commit.ts';
export type { TransferRequest } from './application/transfers/transfer-funds.ts';
export type { AccountView, Refused, TransferResult, TransferView } from './application/views.ts';
export type { Actor, Viewer } from './domain/actor.ts';
export { errorCatalogue, PassbookError } from './domain/errors.ts';
export type { ErrorCode, Retry } from './domain/errors.ts';
