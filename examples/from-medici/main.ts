// Moves a book of medici into a ledger on MongoDB, and prints each journal and balance that differs.
// Usage: main.ts MEDICI_URI LEDGER_URI BOOK
import { MongoClient } from 'mongodb';
import { createLedger } from 'passbook-ledger';
import { openMongoStore } from 'passbook-ledger/mongo';
import { moveFromMedici } from './move.ts';

const [from, to, book] = process.argv.slice(2);
if (!from || !to || !book) throw new Error('Usage: main.ts MEDICI_URI LEDGER_URI BOOK');
const client = await MongoClient.connect(from);
const store = await openMongoStore({ uri: to });
const ledger = createLedger({ store });

const { moved, refused, differences } = await moveFromMedici({ db: client.db(), book, ledger });
console.log(`${moved} journals moved`);
for (const { journal, reason } of refused) console.log(`journal ${journal} was not moved: ${reason}`);
for (const { account, ...balances } of differences) {
  console.log(`${account}: ${balances.medici} in medici, ${balances.ledger} in the ledger`);
}
if (refused.length + differences.length > 0) process.exitCode = 1;

await ledger.close();
await store.close();
await client.close();
