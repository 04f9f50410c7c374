// An app wallet on SQLite: a top-up, a payment to a friend, a statement.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWallets } from './wallet.ts';

const folder = await mkdtemp(join(tmpdir(), 'wallet-'));
const wallets = await openWallets(join(folder, 'wallets.db'));
const [ada, bob] = [
  { id: 'ada', name: 'Ada' },
  { id: 'bob', name: 'Bob' },
];

await wallets.topUp(ada, { amount: 5_000n, key: 'card-1' });
await wallets.topUp(ada, { amount: 5_000n, key: 'card-1' }); // The processor repeats itself: no second credit
await wallets.pay(ada, bob, { amount: 1_250n, key: 'tap-1', description: 'pizza' });
const refused = await wallets.pay(ada, bob, { amount: 9_900n, key: 'tap-2', description: 'piano' });

for (const person of [ada, bob]) console.log(person.name, await wallets.statement(person));
console.log('the piano:', refused.ok ? 'paid' : refused.code);
await wallets.close();
await rm(folder, { recursive: true });
