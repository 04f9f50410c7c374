import type { Actor } from '../domain/actor.ts';
import { invalid, PassbookError } from '../domain/errors.ts';
import { scopeOf } from '../domain/idempotency.ts';
import type { IdGenerator } from './ports.ts';
import {
  DESCRIPTION_MAX_LENGTH,
  normalise,
  optionalCurrency,
  optionalText,
  requireAmount,
  requireId,
  requireKey,
} from './request.ts';
import type { TransferWriter } from './transfer-writer.ts';
import { viewTransferAnswer } from './views.ts';
import type { TransferResult } from './views.ts';

export type InitialFundsRequest = {
  /** One of the two: an account, or a user whose oldest active account in the currency is meant. */
  readonly destinationAccountId?: string;
  readonly userId?: string;
  /** Minor units. */
  readonly amount: bigint;
  readonly idempotencyKey: string;
  /** With a user: the default currency unless named. With an account: if named, it must match. */
  readonly currency?: string;
  readonly description?: string;
};

/**
 * Brings money into the bank: from the system's funding account of the currency to a customer's account.
 * @throws PassbookError `invalid_request`, `queue_full`, `unavailable`, `outcome_unknown`
 */
export function fundAccount(ports: { writer: TransferWriter; ids: IdGenerator; defaultCurrency: string }) {
  return async (
    actor: Extract<Actor, { kind: 'system' }>,
    request: InitialFundsRequest,
  ): Promise<TransferResult> => {
    if (actor.kind !== 'system') throw new PassbookError('forbidden');
    const { destinationAccountId: accountId, userId } = request;
    if ((accountId === undefined) === (userId === undefined)) {
      throw invalid('destinationAccountId', 'or "userId" must be given, and not both');
    }
    const named = optionalCurrency(request.currency);
    const fields = {
      destinationAccountId: accountId === undefined ? null : requireId('destinationAccountId', accountId),
      userId: userId === undefined ? null : requireId('userId', userId),
      amount: requireAmount(request.amount),
      currency: userId === undefined ? named : (named ?? ports.defaultCurrency),
      description: optionalText('description', request.description, DESCRIPTION_MAX_LENGTH),
    };
    const key = requireKey(request.idempotencyKey);
    const answer = await ports.writer.submit({
      type: 'initial_funds',
      id: ports.ids.newId(),
      salt: ports.ids.newSalt(),
      actor,
      key: { scope: scopeOf(actor), operation: 'initial_funds', key },
      request: normalise(fields),
      destination:
        fields.userId === null
          ? { accountId: fields.destinationAccountId ?? '' }
          : { ownerId: fields.userId, currency: fields.currency ?? ports.defaultCurrency },
      amount: fields.amount,
      currency: fields.currency,
      description: fields.description,
    });
    return viewTransferAnswer(answer, actor);
  };
}
