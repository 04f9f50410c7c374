// Loyalty points in memory: earned, redeemed, and expired a year later. The clock stands still until the example moves it.
import { createLedger } from 'passbook-ledger';
import { createMemoryStore } from 'passbook-ledger/memory';
import { createPoints } from './loyalty-points.ts';

let now = Date.parse('2026-01-15T12:00:00Z');
const ledger = createLedger({ store: createMemoryStore(), clock: { now: () => now } });
const points = createPoints(ledger);

await points.earn('ada', { points: 300n, receipt: '1' });
now = Date.parse('2026-08-01T12:00:00Z');
await points.earn('ada', { points: 200n, receipt: '2' });
await points.redeem('ada', { points: 120n, order: 'mug' });
await print('after the mug');

now = Date.parse('2027-02-01T12:00:00Z');
await points.expire('ada', now);
await print('a year after the first receipt');
const tooMany = await points.earn('ada', { points: 60_000n, receipt: '3' });
console.log('60000 more:', tooMany.ok ? 'earned' : tooMany.code);

async function print(title: string) {
  const { balance } = await ledger.getBalance({ kind: 'system' }, await points.accountOf('ada'));
  console.log(`${title}: ${balance} points`);
}
