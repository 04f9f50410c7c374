import type { Digest } from '../../domain/integrity/hash-chain.ts';
import { lookUpNumbers, requireAccountId } from '../accounts/account-ids.ts';
import type { LedgerReads } from '../ports/ledger-store.ts';
import { optionalCurrency, requireAmount, requireKey } from '../validation.ts';

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

/** Checks an order, and replaces the numbers of its accounts by their ids. @throws PassbookError `invalid_request` */
export async function readOrder(reads: LedgerReads, order: Order): Promise<Order> {
  requireKey(order.idempotencyKey);
  const idOf = await lookUpNumbers(
    reads,
    order.payments.map((payment) => payment.destinationAccountId),
  );
  const payments = order.payments.map((payment, index) => {
    const { amount, currency } = payment;
    const field = `payments.${index}.toAccount`;
    const destinationAccountId = requireAccountId(field, payment.destinationAccountId, idOf);
    requireAmount(amount, `payments.${index}.amount`);
    optionalCurrency(currency);
    return { destinationAccountId, amount, currency };
  });
  return { ...order, payments };
}
