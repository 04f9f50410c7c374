import type { Actor } from '../domain/actor.ts';
import { scopeOf } from '../domain/idempotency.ts';
import type { Metadata } from '../domain/transfer.ts';
import type { IdGenerator } from './ports.ts';
import {
  DESCRIPTION_MAX_LENGTH,
  normalise,
  optionalCurrency,
  optionalMetadata,
  optionalText,
  requireAmount,
  requireId,
  requireKey,
} from './request.ts';
import type { TransferWriter } from './transfer-writer.ts';
import { viewTransferAnswer } from './views.ts';
import type { TransferResult } from './views.ts';

export type TransferRequest = {
  readonly sourceAccountId: string;
  readonly destinationAccountId: string;
  /** Minor units: 500n is 5.00 in a currency with two decimals. */
  readonly amount: bigint;
  /** 1 to 255 printable ASCII characters. The same key and request give the same answer, and move money once. */
  readonly idempotencyKey: string;
  /** If named, both accounts must be in it. */
  readonly currency?: string;
  /** Shown to both sides. */
  readonly description?: string;
  /** The actor's own. */
  readonly metadata?: Metadata;
};

/**
 * Moves money from one account to another, at once.
 * A rule's refusal is a result; a malformed request, and a fault of the store, are thrown.
 * @throws PassbookError `invalid_request`, `queue_full`, `unavailable`, `outcome_unknown`
 */
export function transferFunds({ writer, ids }: { writer: TransferWriter; ids: IdGenerator }) {
  return async (actor: Actor, request: TransferRequest): Promise<TransferResult> => {
    const fields = {
      sourceAccountId: requireId('sourceAccountId', request.sourceAccountId),
      destinationAccountId: requireId('destinationAccountId', request.destinationAccountId),
      amount: requireAmount(request.amount),
      currency: optionalCurrency(request.currency),
      description: optionalText('description', request.description, DESCRIPTION_MAX_LENGTH),
      metadata: optionalMetadata(request.metadata),
    };
    const key = requireKey(request.idempotencyKey);
    const answer = await writer.submit({
      ...fields,
      type: 'transfer',
      id: ids.newId(),
      salt: ids.newSalt(),
      actor,
      key: { scope: scopeOf(actor), operation: 'transfer', key },
      request: normalise(fields),
    });
    return viewTransferAnswer(answer, actor);
  };
}
