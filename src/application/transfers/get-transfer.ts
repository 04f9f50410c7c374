import type { Actor, Viewer } from '../../domain/actor.ts';
import { errorCatalogue, PassbookError } from '../../domain/errors.ts';
import type { ErrorCode, Retry } from '../../domain/errors.ts';
import { scopeOf } from '../../domain/books/idempotency.ts';
import type { Operation } from '../../domain/books/idempotency.ts';
import type { LedgerReads } from '../ports/ledger-store.ts';
import type { Clock } from '../ports/runtime.ts';
import { requireKey } from '../validation.ts';
import { mayViewTransfer, viewTransfer } from '../views.ts';
import type { TransferView } from '../views.ts';

/** @throws PassbookError `transfer_not_found` if it does not exist or the viewer may not see it; `unavailable` */
export function getTransfer({ reads, clock }: { reads: LedgerReads; clock: Clock }) {
  return async (viewer: Viewer, transferId: string): Promise<TransferView> => {
    const transfer = await reads.transfer(transferId);
    if (!transfer || !mayViewTransfer(viewer, transfer)) throw new PassbookError('transfer_not_found');
    return viewTransfer(transfer, { viewer, at: clock.now() });
  };
}

/** Outcome of a key: a transfer, possibly rejected, or a refusal that stored no transfer. */
export type KeyView =
  | { readonly transfer: TransferView }
  | { readonly transfer: null; readonly code: ErrorCode; readonly retry: Retry };

/** The operations whose keys `findTransferByKey` looks up. */
export type KeyedOperation = Extract<Operation, 'transfer' | 'initial_funds' | 'withdrawal'>;

/**
 * Looks up the outcome of a key without using the key.
 * @throws PassbookError `idempotency_key_not_found` if nothing is recorded yet; a request may still be in progress
 */
export function findTransferByKey({ reads, clock }: { reads: LedgerReads; clock: Clock }) {
  return async (actor: Actor, key: string, operation: KeyedOperation = 'transfer'): Promise<KeyView> => {
    const record = await reads.record({ scope: scopeOf(actor), operation, key: requireKey(key) });
    const outcome = record?.outcome;
    if (outcome?.kind !== 'transferred' && outcome?.kind !== 'refused') {
      throw new PassbookError('idempotency_key_not_found');
    }
    const { transfer } = outcome;
    if (transfer) {
      const today = (await reads.transfer(transfer.id)) ?? transfer;
      return { transfer: viewTransfer(today, { viewer: actor, at: clock.now() }) };
    }
    if (outcome.kind !== 'refused') throw new TypeError('A transfer that was made was kept');
    return { transfer: null, code: outcome.code, retry: errorCatalogue[outcome.code].retry };
  };
}
