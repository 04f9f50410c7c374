// A marketplace in memory: one order is shipped and split, another one is cancelled.
import { createLedger } from 'passbook-ledger';
import { createMemoryStore } from 'passbook-ledger/memory';
import { createMarketplace } from './marketplace.ts';

const ledger = createLedger({ store: createMemoryStore() });
const marketplace = await createMarketplace(ledger);
const [buyer, seller] = [await open('ada'), await open('sam')];
await ledger.fundAccount({ kind: 'system' }, { userId: 'ada', amount: 10_000n, idempotencyKey: 'top-up' });

const books = {
  id: '17',
  buyer: { userId: 'ada', accountId: buyer },
  sellerAccountId: seller,
  price: 4_000n,
};
const lamp = { ...books, id: '18', price: 2_500n };
const [first, second] = [await marketplace.order(books), await marketplace.order(lamp)];
if (!first.ok || !second.ok) throw new Error('An order was refused');
await print('ordered');
await marketplace.ship(books, first.transfer.transferId);
await marketplace.cancel(lamp, second.transfer.transferId);
await print('one shipped, one cancelled');

async function open(id: string): Promise<string> {
  const opened = await ledger.openAccount({ kind: 'user', id });
  if (!opened.ok) throw new Error(opened.code);
  return opened.account.accountId;
}

async function print(title: string) {
  const shown = { buyer, seller, clearing: marketplace.clearing, fees: marketplace.fees };
  for (const [name, accountId] of Object.entries(shown)) {
    const { balance, held } = await ledger.getBalance({ kind: 'system' }, accountId);
    console.log(`${title}: ${name} ${balance}, held ${held}`);
  }
}
