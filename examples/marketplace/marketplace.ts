import type { Ledger, SystemActor } from 'passbook-ledger';

export type Order = {
  readonly id: string;
  readonly buyer: { readonly userId: string; readonly accountId: string };
  readonly sellerAccountId: string;
  readonly price: bigint;
};

const MARKETPLACE: SystemActor = { kind: 'system' };
/** Rounded up to a whole cent. */
const FEE_PERCENT = 8n;

/**
 * A marketplace: an order reserves the buyer's money, shipping takes it and splits it between seller and fee. Each step
 * has a key made of the order's id, so a step that was interrupted is repeated as a whole.
 */
export async function createMarketplace(ledger: Ledger) {
  const [clearing, fees] = [await accountOf('clearing'), await accountOf('fees')];

  async function accountOf(name: string): Promise<string> {
    const request = { ownerId: 'marketplace', name, idempotencyKey: `account-${name}` };
    const opened = await ledger.openAccount(MARKETPLACE, request);
    if (!opened.ok) throw new Error(opened.code);
    return opened.account.accountId;
  }

  return {
    clearing,
    fees,

    /** Reserves the price for 7 days. The payee is the marketplace, so the buyer cannot take it back. */
    order: ({ id, buyer, price }: Order) =>
      ledger.transferFunds(
        { kind: 'user', id: buyer.userId },
        {
          sourceAccountId: buyer.accountId,
          destinationAccountId: clearing,
          amount: price,
          pending: true,
          description: `order ${id}`,
          idempotencyKey: `order-${id}`,
        },
      ),

    /** Takes the reserved money, then pays the seller and the fee in one transfer of three legs. */
    async ship({ id, sellerAccountId, price }: Order, holdId: string) {
      const captured = await ledger.captureHold(MARKETPLACE, {
        transferId: holdId,
        idempotencyKey: `capture-${id}`,
      });
      if (!captured.ok) return captured;
      const fee = (price * FEE_PERCENT + 99n) / 100n;
      return ledger.transferFunds(MARKETPLACE, {
        legs: [
          { accountId: clearing, direction: 'debit', amount: price },
          { accountId: sellerAccountId, direction: 'credit', amount: price - fee },
          { accountId: fees, direction: 'credit', amount: fee },
        ],
        description: `order ${id}`,
        idempotencyKey: `split-${id}`,
      });
    },

    /** Releases the reserved money. */
    cancel: ({ id }: Order, holdId: string) =>
      ledger.voidHold(MARKETPLACE, { transferId: holdId, idempotencyKey: `cancel-${id}` }),
  };
}
