import type { Actor } from '../../domain/actor.ts';
import type { Digest } from '../../domain/integrity/hash-chain.ts';
import type { TransferInstruction } from '../../domain/books/command.ts';
import { scopeOf } from '../../domain/books/idempotency.ts';
import { dryRunBatch, withDryRun } from '../dry-run.ts';
import { lookUpNumbers, requireAccountId } from '../accounts/account-ids.ts';
import type { LedgerReads } from '../ports/ledger-store.ts';
import { leg } from './transfer-request.ts';
import type { IdGenerator } from '../ports/runtime.ts';
import {
  DESCRIPTION_MAX_LENGTH,
  REFERENCE_MAX_LENGTH,
  normalise,
  optionalText,
  requireAmount,
  requireKey,
  withoutTexts,
} from '../validation.ts';
import { submitBatchCommand } from './submit-batch.ts';
import type { BatchResult } from '../views.ts';
import type { SubmitOptions, CommandWriter } from '../group-commit.ts';

export type ExchangeRequest = {
  readonly sourceAccountId: string;
  readonly destinationAccountId: string;
  /** Amount debited from the source, in minor units of its currency. */
  readonly sourceAmount: bigint;
  /** Amount credited to the destination, in minor units of its currency. The system sets the rate. */
  readonly destinationAmount: bigint;
  readonly description?: string;
  /** Short text on both transfers that the owners can see; 1 to 35 printable characters. */
  readonly reference?: string;
  readonly idempotencyKey: string;
};

/**
 * Exchanges between two currencies by a linked batch of two transfers, through each currency's `exchange` account.
 * @throws PassbookError `invalid_request`, `queue_full`, `unavailable`, `outcome_unknown`
 */
export function exchangeFunds({
  writer,
  reads,
  ids,
  digest,
}: {
  writer: CommandWriter;
  reads: LedgerReads;
  ids: IdGenerator;
  digest: Digest;
}) {
  const exchange = async (
    actor: Extract<Actor, { kind: 'system' }>,
    request: ExchangeRequest,
    options?: SubmitOptions<never, BatchResult>,
  ): Promise<BatchResult> => {
    const found = lookUpNumbers(reads, [request.sourceAccountId, request.destinationAccountId]);
    const idOf = typeof found === 'function' ? found : await found;
    const fields = {
      sourceAccountId: requireAccountId('sourceAccountId', request.sourceAccountId, idOf),
      destinationAccountId: requireAccountId('destinationAccountId', request.destinationAccountId, idOf),
      sourceAmount: requireAmount(request.sourceAmount, 'sourceAmount'),
      destinationAmount: requireAmount(request.destinationAmount, 'destinationAmount'),
      description: optionalText('description', request.description, DESCRIPTION_MAX_LENGTH),
      reference: optionalText('reference', request.reference, REFERENCE_MAX_LENGTH),
    };
    const { sourceAccountId, destinationAccountId, sourceAmount, destinationAmount } = fields;
    const instruction = (legs: TransferInstruction['legs']): TransferInstruction => ({
      id: ids.newId(),
      salt: ids.newSalt(),
      kind: 'transfer',
      legs,
      currency: null,
      hold: null,
      description: fields.description,
      reference: fields.reference,
      externalId: null,
      metadata: null,
    });
    const key = {
      scope: scopeOf(actor),
      operation: 'exchange',
      key: requireKey(request.idempotencyKey),
    } as const;
    const across = { purpose: 'exchange' } as const;
    const command = {
      type: 'batch',
      id: ids.newId(),
      actor,
      key,
      request: normalise(withoutTexts(fields, { key, digest })),
      instructions: [
        instruction([
          leg({ accountId: sourceAccountId }, 'debit', sourceAmount),
          leg(across, 'credit', sourceAmount),
        ]),
        instruction([
          leg(across, 'debit', destinationAmount),
          leg({ accountId: destinationAccountId }, 'credit', destinationAmount),
        ]),
      ],
      linked: true,
    } as const;
    return submitBatchCommand(writer, command, options);
  };
  return withDryRun(exchange, dryRunBatch);
}
