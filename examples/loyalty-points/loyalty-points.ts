import type { Ledger, SystemActor } from 'passbook-ledger';

const SHOP: SystemActor = { kind: 'system' };
const LIFETIME_MS = 365 * 24 * 60 * 60 * 1_000;
const MOST = 50_000n;

/**
 * Loyalty points. ISO 4217 has no code for points, and its codes XXX and XTS have no minor unit, so no account can have
 * them. A point is one cent here: the ledger counts the worth of the points, which the shop owes its customers.
 * Points have a ledger of their own, apart from the money, so that no transfer can turn one into the other.
 */
export function createPoints(ledger: Ledger) {
  async function accountOf(customerId: string): Promise<string> {
    const opened = await ledger.openAccount(SHOP, {
      ownerId: customerId,
      name: 'Points',
      idempotencyKey: `points-${customerId}`,
    });
    if (!opened.ok) throw new Error(opened.code);
    const { accountId } = opened.account;
    await ledger.limitAccount(SHOP, {
      accountId,
      minimumBalance: 0n,
      maximumBalance: MOST,
      reason: 'terms of the programme',
      idempotencyKey: `limit-${customerId}`,
    });
    return accountId;
  }

  return {
    accountOf,

    /** Gives points for a receipt, up to the most that a customer may have. */
    earn: async (customerId: string, { points, receipt }: { points: bigint; receipt: string }) =>
      ledger.fundAccount(SHOP, {
        destinationAccountId: await accountOf(customerId),
        amount: points,
        description: `receipt ${receipt}`,
        idempotencyKey: `receipt-${receipt}`,
      }),

    /** Takes points back for a reward. */
    redeem: async (customerId: string, { points, order }: { points: bigint; order: string }) =>
      ledger.withdrawFunds(SHOP, {
        sourceAccountId: await accountOf(customerId),
        amount: points,
        description: `order ${order}`,
        idempotencyKey: `order-${order}`,
      }),

    /**
     * Takes back the points that are older than a year. A customer spends the oldest first, so these are the balance of
     * a year ago less all that left since, earlier expiries included. Running it again takes nothing more.
     */
    async expire(customerId: string, now: number) {
      const [accountId, cutoff] = [await accountOf(customerId), now - LIFETIME_MS];
      const { createdAt } = await ledger.getAccount(SHOP, accountId);
      if (createdAt >= cutoff) return null;
      const { opening, totalOut } = await ledger.getStatement(SHOP, accountId, { from: cutoff });
      if (opening <= totalOut) return null;
      return ledger.withdrawFunds(SHOP, {
        sourceAccountId: accountId,
        amount: opening - totalOut,
        description: 'expired',
        idempotencyKey: `expiry-${accountId}-${cutoff}`,
      });
    },
  };
}
