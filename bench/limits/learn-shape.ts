/** Has our store write, looks at what it wrote, and leaves its tables and funded accounts behind for a limit. */
import { randomUUID } from 'node:crypto';
import { openAccounts, openBank } from '../src/passbook.ts';
import type { Bank, Customer, Place, StoreKind } from '../src/passbook.ts';
import { shapeOf, writtenBetween } from '../src/shape.ts';
import type { Sample, Shape, ShapedAccount, Tables } from '../src/shape.ts';
import { ACCOUNTS } from '../src/workload.ts';

export type Learnt = { readonly shape: Shape; readonly accounts: readonly ShapedAccount[] };

export async function learnShape(
  kind: StoreKind,
  place: Place,
  readTables: () => Promise<Tables>,
): Promise<Learnt> {
  const bank = await openBank(kind, place, { dispatch: false });
  try {
    const pair = await openAccounts(bank, 2);
    // The first of a pair may differ from those that follow
    await pay(bank, pair);
    const start = await readTables();
    const one = await pay(bank, pair);
    const middle = await readTables();
    const two = await pay(bank, pair);
    const end = await readTables();
    const first = { ...one, written: writtenBetween(start, middle) };
    await Promise.all(Array.from({ length: TOGETHER }, () => pay(bank, pair)));
    const gathered = gatheredTables(first, countNew(end, await readTables()));
    const shape = shapeOf(first, { ...two, written: writtenBetween(middle, end) }, gathered);
    const all = await openAccounts(bank, ACCOUNTS);
    const accounts = all.accountIds.map((_, index) => ({ ...nameAt(all, index), count: 0 }));
    return { shape, accounts };
  } finally {
    await bank.close();
  }
}

const TOGETHER = 50;

type Accounts = { readonly customers: readonly Customer[]; readonly accountIds: readonly string[] };

async function pay({ ledger }: Bank, accounts: Accounts): Promise<Omit<Sample, 'written'>> {
  const [source, destination] = [nameAt(accounts, 0), nameAt(accounts, 1)];
  const key = randomUUID();
  const result = await ledger.transferFunds(accounts.customers[0] as Customer, {
    sourceAccountId: source.id,
    destinationAccountId: destination.id,
    amount: 100n,
    idempotencyKey: key,
  });
  if (!result.ok) throw new Error(result.code);
  return { transferId: result.transfer.transferId, key, source, destination };
}

function nameAt({ customers, accountIds }: Accounts, index: number): { id: string; ownerId: string } {
  return { id: accountIds[index] as string, ownerId: (customers[index] as Customer).id };
}

function countNew(before: Tables, after: Tables): Map<string, number> {
  return new Map([...after].map(([table, rows]) => [table, rows.size - (before.get(table)?.size ?? 0)]));
}

/**
 * Where many transfers at once write fewer rows than each alone, they share them. Everywhere else they must write as
 * many, or one alone does not show what a batch writes.
 */
function gatheredTables(sample: Sample, together: ReadonlyMap<string, number>): Set<string> {
  const gathered = new Set<string>();
  for (const [table, rows] of together) {
    const alone = sample.written.filter((one) => one.table === table && !one.before).length;
    if (alone === 1 && rows < TOGETHER / 2) gathered.add(table);
    else if (rows !== alone * TOGETHER) {
      throw new Error(
        `a transfer writes ${alone} rows of ${table}, ${TOGETHER} at once ${rows}: limits/learn-shape.ts must learn how`,
      );
    }
  }
  return gathered;
}
