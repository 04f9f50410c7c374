import type { Actor } from '../../domain/actor.ts';
import type { Digest } from '../../domain/integrity/hash-chain.ts';
import { scopeOf } from '../../domain/books/idempotency.ts';
import { withTransferView } from '../alongside.ts';
import { dryRunTransfer, withDryRun } from '../dry-run.ts';
import type { IdGenerator } from '../ports/runtime.ts';
import {
  DESCRIPTION_MAX_LENGTH,
  REFERENCE_MAX_LENGTH,
  normalise,
  optionalExternalId,
  optionalText,
  requireAmount,
  requireKey,
  withoutTexts,
} from '../validation.ts';
import type { SubmitOptions, CommandWriter } from '../group-commit.ts';
import { viewTransferAnswer } from '../views.ts';
import type { TransferResult } from '../views.ts';

type Ports = { readonly writer: CommandWriter; readonly ids: IdGenerator };

export type CaptureRequest = {
  readonly transferId: string;
  /** Amount to capture, in minor units; the rest is released. Default: the full amount. */
  readonly amount?: bigint;
  readonly idempotencyKey: string;
};

/**
 * Captures all or part of a hold. For its payee and the system.
 * @throws PassbookError `invalid_request`, `queue_full`, `unavailable`, `outcome_unknown`
 */
export function captureHold({ writer }: Ports) {
  const capture = async (
    actor: Actor,
    request: CaptureRequest,
    options?: SubmitOptions<never, TransferResult>,
  ): Promise<TransferResult> => {
    const { transferId } = request;
    const amount = request.amount === undefined ? null : requireAmount(request.amount);
    const command = {
      ...keyed(actor, 'capture', request.idempotencyKey),
      type: 'capture',
      transferId,
      amount,
      request: normalise({ transferId, amount }),
    } as const;
    return viewTransferAnswer(await writer.submit(command, withTransferView(options, actor)), actor);
  };
  return withDryRun(capture, dryRunTransfer);
}

export type VoidRequest = { readonly transferId: string; readonly idempotencyKey: string };

/**
 * Voids a hold. For its payee and the system.
 * @throws PassbookError `invalid_request`, `queue_full`, `unavailable`, `outcome_unknown`
 */
export function voidHold({ writer }: Ports) {
  const release = async (
    actor: Actor,
    request: VoidRequest,
    options?: SubmitOptions<never, TransferResult>,
  ): Promise<TransferResult> => {
    const { transferId } = request;
    const command = {
      ...keyed(actor, 'void', request.idempotencyKey),
      type: 'void',
      transferId,
      request: normalise({ transferId }),
    } as const;
    return viewTransferAnswer(await writer.submit(command, withTransferView(options, actor)), actor);
  };
  return withDryRun(release, dryRunTransfer);
}

export type ReversalRequest = {
  readonly transferId: string;
  /** Amount to reverse, in minor units. Default: everything not reversed yet. */
  readonly amount?: bigint;
  readonly description?: string;
  /** Short text that all parties can see; 1 to 35 printable characters. */
  readonly reference?: string;
  /** Id of the reversal in the calling program, unique among transfers that were not rejected. */
  readonly externalId?: string;
  readonly idempotencyKey: string;
};

/**
 * Reverses all or part of a transfer by a new transfer. For its payee and the system.
 * @throws PassbookError `invalid_request`, `queue_full`, `unavailable`, `outcome_unknown`
 */
export function reverseTransfer({ writer, ids, digest }: Ports & { readonly digest: Digest }) {
  const reverse = async (
    actor: Actor,
    request: ReversalRequest,
    options?: SubmitOptions<never, TransferResult>,
  ): Promise<TransferResult> => {
    const { transferId } = request;
    const amount = request.amount === undefined ? null : requireAmount(request.amount);
    const description = optionalText('description', request.description, DESCRIPTION_MAX_LENGTH);
    const reference = optionalText('reference', request.reference, REFERENCE_MAX_LENGTH);
    const externalId = optionalExternalId(request.externalId);
    const fields = { transferId, amount, description, reference, externalId };
    const owned = keyed(actor, 'reverse', request.idempotencyKey);
    const command = {
      ...owned,
      type: 'reverse',
      id: ids.newId(),
      salt: ids.newSalt(),
      ...fields,
      request: normalise(withoutTexts(fields, { key: owned.key, digest })),
    } as const;
    return viewTransferAnswer(await writer.submit(command, withTransferView(options, actor)), actor);
  };
  return withDryRun(reverse, dryRunTransfer);
}

function keyed(actor: Actor, operation: 'capture' | 'void' | 'reverse', key: unknown) {
  return { actor, key: { scope: scopeOf(actor), operation, key: requireKey(key) } };
}
