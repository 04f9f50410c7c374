import type { Actor } from '../../domain/actor.ts';
import { PassbookError } from '../../domain/errors.ts';
import { requireReason, normalise } from '../validation.ts';
import type { CommandWriter } from '../group-commit.ts';
import { viewTransferAnswer } from '../views.ts';
import type { TransferResult } from '../views.ts';

export type ErasureRequest = { readonly transferId: string; readonly reason: string };

/**
 * Erases every copy of a transfer's description and metadata, at the request of the person they are about. The chain
 * stays valid. Takes no key, since erased texts cannot be erased twice.
 * @throws PassbookError `forbidden`, `invalid_request`, `queue_full`, `unavailable`, `outcome_unknown`
 */
export function eraseText({ writer }: { writer: CommandWriter }) {
  return async (
    actor: Extract<Actor, { kind: 'system' }>,
    request: ErasureRequest,
  ): Promise<TransferResult> => {
    if (actor.kind !== 'system') throw new PassbookError('forbidden');
    const { transferId } = request;
    const reason = requireReason(request.reason);
    const command = {
      type: 'erase_text',
      actor,
      key: null,
      request: normalise({}),
      transferId,
      reason,
    } as const;
    return viewTransferAnswer(await writer.submit(command), actor);
  };
}
