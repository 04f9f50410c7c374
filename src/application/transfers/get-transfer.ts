import type { Actor, Viewer } from '../../domain/actor.ts';
import { errorCatalogue, PassbookError } from '../../domain/errors.ts';
import type { ErrorCode, Retry } from '../../domain/errors.ts';
import { scopeOf } from '../../domain/books/idempotency.ts';
import type { IdempotencyKey, Operation } from '../../domain/books/idempotency.ts';
import type { Outcome, TransferOutcome } from '../../domain/books/outcome.ts';
import type { LedgerReads } from '../ports/ledger-store.ts';
import type { Clock } from '../ports/runtime.ts';
import { idOfExternal } from '../external-ids.ts';
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

/** @throws PassbookError `transfer_not_found` if no transfer that the viewer may see has the external id; `unavailable` */
export function findTransferByExternalId(ports: { reads: LedgerReads; clock: Clock }) {
  const get = getTransfer(ports);
  return async (viewer: Viewer, externalId: string): Promise<TransferView> => {
    const id = await idOfExternal(ports.reads, 'transfer_external_id', externalId);
    if (id === undefined) throw new PassbookError('transfer_not_found');
    return get(viewer, id);
  };
}

/** Outcome of a key: a transfer, possibly rejected, or a refusal that stored no transfer. */
export type KeyView =
  | { readonly transfer: TransferView }
  | { readonly transfer: null; readonly code: ErrorCode; readonly retry: Retry };

/** The operations whose keys `findTransferByKey` looks up: those of one transfer, or of one step of it. */
export type KeyedOperation = Extract<
  Operation,
  'transfer' | 'initial_funds' | 'withdrawal' | 'capture' | 'void' | 'reverse'
>;

/** The operations whose keys `findBatchByKey` looks up. */
export type BatchOperation = Extract<Operation, 'batch' | 'exchange'>;

/**
 * Looks up the outcome of a key without using the key.
 * @throws PassbookError `idempotency_key_not_found` if nothing is recorded yet; a request may still be in progress
 */
export function findTransferByKey(ports: KeyPorts) {
  return async (actor: Actor, key: string, operation: KeyedOperation = 'transfer'): Promise<KeyView> => {
    const outcome = await outcomeOf(ports, { scope: scopeOf(actor), operation, key: requireKey(key) });
    if (outcome.kind !== 'transferred' && outcome.kind !== 'refused') throw notFound();
    return viewOutcome(ports, outcome, actor);
  };
}

/**
 * Looks up the outcomes of a batch's key without using the key, in the order of the batch.
 * @throws PassbookError as `findTransferByKey`
 */
export function findBatchByKey(ports: KeyPorts) {
  return async (
    actor: Actor,
    key: string,
    operation: BatchOperation = 'batch',
  ): Promise<readonly KeyView[]> => {
    const outcome = await outcomeOf(ports, { scope: scopeOf(actor), operation, key: requireKey(key) });
    if (outcome.kind !== 'batch') throw notFound();
    const views: KeyView[] = [];
    for (const member of outcome.members) views.push(await viewOutcome(ports, member, actor));
    return views;
  };
}

type KeyPorts = { reads: LedgerReads; clock: Clock };

async function outcomeOf({ reads }: KeyPorts, key: IdempotencyKey): Promise<Outcome> {
  const record = await reads.record(key);
  if (!record) throw notFound();
  return record.outcome;
}

/** The outcome as it stands now: a hold may have ended since. */
async function viewOutcome(
  { reads, clock }: KeyPorts,
  outcome: TransferOutcome,
  viewer: Actor,
): Promise<KeyView> {
  const { transfer } = outcome;
  if (transfer) {
    const today = (await reads.transfer(transfer.id)) ?? transfer;
    if (!mayViewTransfer(viewer, today)) throw notFound();
    return { transfer: viewTransfer(today, { viewer, at: clock.now() }) };
  }
  if (outcome.kind !== 'refused') throw new TypeError('A transfer that was made was kept');
  return { transfer: null, code: outcome.code, retry: errorCatalogue[outcome.code].retry };
}

function notFound(): PassbookError {
  return new PassbookError('idempotency_key_not_found');
}
