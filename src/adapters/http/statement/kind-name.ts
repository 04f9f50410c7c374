import type { TransferKind } from '../../../domain/entities/transfer.ts';

/** Names of kinds for people. */
export const KIND_NAME: Readonly<Record<TransferKind, string>> = {
  transfer: 'Transfer',
  initial_funds: 'Initial funds',
  withdrawal: 'Withdrawal',
  reversal: 'Reversal',
};
