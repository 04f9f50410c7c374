import { scopeOf } from '../../domain/books/idempotency.ts';
import { PassbookError } from '../../domain/errors.ts';
import type { Digest } from '../../domain/integrity/hash-chain.ts';
import type { LedgerReads, UnitOfWork } from '../ports/ledger-store.ts';
import type { ConfirmationTokens } from '../ports/second-factors.ts';
import { accountsIn } from '../transfers/transfer-request.ts';
import type { TransferRequestFields } from '../transfers/transfer-request.ts';
import { lookUpNumbers, replaceNumber } from '../accounts/account-ids.ts';
import type { IdOfNumber } from '../accounts/account-ids.ts';
import { factorsOf, hasFactor } from './list-factors.ts';
import { digestOfOrder } from './order.ts';
import type { Order, Payment } from './order.ts';

/** Largest amounts that need no confirmation, in minor units, by currency. */
export type StepUpAmounts = ReadonlyMap<string, bigint>;

export type UnconfirmedOrder = {
  readonly userId: string;
  readonly operation: Order['operation'];
  readonly idempotencyKey: string;
  readonly transfers: readonly TransferRequestFields[];
  readonly confirmation?: string;
};

/**
 * Requires a confirmation of an order in which a transfer is above its currency's amount. A recorded answer needs none:
 * it is replayed.
 * @throws PassbookError `step_up_required`, `unavailable`
 */
export function requireConfirmation(ports: {
  stepUpAmounts: StepUpAmounts;
  reads: LedgerReads;
  unitOfWork: UnitOfWork;
  confirmationTokens: ConfirmationTokens;
  digest: Digest;
}) {
  const { stepUpAmounts, reads } = ports;
  const smallest = [...stepUpAmounts.values()].reduce((least, one) => (one < least ? one : least));
  return async (order: UnconfirmedOrder): Promise<void> => {
    if (!order.transfers.some((one) => totalOf(one) > smallest)) return;
    const idOf = await lookUpNumbers(reads, order.transfers.flatMap(accountsIn));
    const payments: Payment[] = [];
    const known = new Map<string, string | undefined>();
    let isAbove = false;
    for (const transfer of order.transfers) {
      const source = replaceNumber('sourceAccountId', sourceOf(transfer), idOf);
      if (!known.has(source)) known.set(source, await currencyOf(source, order.userId));
      const currency = known.get(source);
      // The ledger refuses a transfer from an account that is not the sender's
      if (currency === undefined) continue;
      const limit = stepUpAmounts.get(currency);
      isAbove ||= limit !== undefined && totalOf(transfer) > limit;
      payments.push(...paymentsOf(transfer, currency, idOf));
    }
    if (!isAbove) return;
    const fault = await faultOf(order, payments);
    if (fault !== undefined && !(await isRecorded(order))) {
      throw new PassbookError('step_up_required', { reason: fault });
    }
  };

  async function currencyOf(accountId: string, ownerId: string): Promise<string | undefined> {
    const account = await reads.account(accountId);
    return account?.ownerId === ownerId ? account.currency : undefined;
  }

  async function faultOf(
    { userId, confirmation, ...order }: UnconfirmedOrder,
    payments: readonly Payment[],
  ): Promise<string | undefined> {
    if (confirmation === undefined) {
      const factors = await ports.unitOfWork.run(({ credentials }) => factorsOf(credentials, userId));
      return hasFactor(factors) ? NOT_CONFIRMED : NO_FACTOR;
    }
    const confirmed = await ports.confirmationTokens.verify(confirmation);
    if (confirmed?.userId !== userId) return NOT_VALID;
    const isSame = confirmed.orderDigest === digestOfOrder(ports.digest, userId, { ...order, payments });
    return isSame ? undefined : OTHER_ORDER;
  }

  async function isRecorded({ userId, operation, idempotencyKey }: UnconfirmedOrder): Promise<boolean> {
    const scope = scopeOf({ kind: 'user', id: userId });
    return (await reads.record({ scope, operation, key: idempotencyKey })) !== undefined;
  }
}

const NOT_CONFIRMED = 'The amount is large: confirm the order with your second factor';
const NO_FACTOR = 'The amount is large: set up a second factor, and confirm the order with it';
const NOT_VALID = 'The confirmation is not valid, or has expired: confirm the order again';
const OTHER_ORDER = 'The confirmation is for another payee, amount, currency, operation or key';

/** Debits of several accounts have one currency, or the ledger refuses them. */
function sourceOf({ sourceAccountId, legs }: TransferRequestFields): string {
  const source = legs ? legs.find(({ direction }) => direction === 'debit')?.accountId : sourceAccountId;
  return source ?? '';
}

function totalOf({ amount, legs }: TransferRequestFields): bigint {
  if (!legs) return amount ?? 0n;
  return legs.reduce((total, leg) => (leg.direction === 'debit' ? total + leg.amount : total), 0n);
}

function paymentsOf(transfer: TransferRequestFields, currency: string, idOf: IdOfNumber): readonly Payment[] {
  const { destinationAccountId = '', amount = 0n, legs } = transfer;
  const credits = legs
    ? legs.filter(({ direction }) => direction === 'credit')
    : [{ accountId: destinationAccountId, amount }];
  return credits.map((credit) => ({
    destinationAccountId: replaceNumber('destinationAccountId', credit.accountId, idOf),
    amount: credit.amount,
    currency,
  }));
}
