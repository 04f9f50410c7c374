import type { Digest } from '../../domain/integrity/hash-chain.ts';
import { optionalCurrency, requireAmount, requireId, requireKey } from '../validation.ts';

/** One credit of an order. The amount is in minor units. */
export type Payment = {
  readonly destinationAccountId: string;
  readonly amount: bigint;
  readonly currency: string;
};

/** A transfer or a batch that its sender confirms: all of its credits, in order. */
export type Order = {
  readonly operation: 'transfer' | 'batch';
  readonly payments: readonly Payment[];
  readonly idempotencyKey: string;
};

/** The digest that a confirmation is bound to. Any other payee, amount, currency, key or sender gives another one. */
export function digestOfOrder(digest: Digest, userId: string, order: Order): string {
  const { operation, idempotencyKey, payments } = order;
  const lines = payments.map(
    ({ destinationAccountId, amount, currency }) => `${destinationAccountId} ${amount} ${currency}`,
  );
  return digest(['passbook order 1', userId, operation, idempotencyKey, ...lines].join('\n'));
}

/** @throws PassbookError `invalid_request` */
export function requireOrder(order: Order): Order {
  requireKey(order.idempotencyKey);
  for (const [index, { destinationAccountId, amount, currency }] of order.payments.entries()) {
    requireId(`payments.${index}.toAccount`, destinationAccountId);
    requireAmount(amount, `payments.${index}.amount`);
    optionalCurrency(currency);
  }
  return order;
}
