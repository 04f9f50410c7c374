import { messagesFromText } from '../../../src/adapters/shared/compact-json.ts';
import { expect } from 'vitest';
import { Connection } from '../../../src/adapters/sqlite/connection/connection.ts';
import { loadDriver } from '../../../src/adapters/sqlite/connection/driver.ts';
import { hasOwnWrite } from './own-writes.ts';
import type { Payer, Workload } from './sqlite-process.ts';

/**
 * Reads the file with SQL of its own, and compares it with what the callers were told: every answer is kept, no
 * transfer is there that no key asked for, every sum is right, every message and every write alongside is there once.
 */
export async function expectAllAsAnswered(
  path: string,
  { workloads, payers, funds }: { workloads: readonly Workload[]; payers: readonly Payer[]; funds: bigint },
): Promise<void> {
  const connection = new Connection(await loadDriver(), path, { readOnly: false });
  const answered = workloads.flatMap(({ results }) => [...results.values()]);
  const balances = new Map(payers.map(({ accountId }) => [accountId, funds]));
  const add = (accountId: string, amount: bigint) =>
    balances.set(accountId, (balances.get(accountId) ?? 0n) + amount);
  const completed: string[] = [];
  const rejected: string[] = [];
  for (const { request, result } of answered) {
    if (result.ok) {
      completed.push(result.transfer.transferId);
      const { sourceAccountId = '', destinationAccountId = '', amount = 0n } = request;
      add(sourceAccountId, -amount);
      add(destinationAccountId, amount);
    } else rejected.push(String(result.transferId));
  }

  expect(ids(`SELECT id FROM transfers WHERE kind = 'transfer' AND status = 'completed'`)).toEqual(
    completed.toSorted(),
  );
  expect(ids(`SELECT id FROM transfers WHERE status = 'rejected'`)).toEqual(rejected.toSorted());
  const withOwnWrite = answered.filter(
    ({ request, result }) => result.ok && hasOwnWrite(request.idempotencyKey),
  );
  const ownWrites = connection.all('SELECT key FROM own_writes ORDER BY key') as { key: string }[];
  expect(ownWrites.map(({ key }) => key)).toEqual(
    withOwnWrite.map(({ request }) => request.idempotencyKey).toSorted(),
  );
  const messages = (connection.all('SELECT messages FROM parcels') as { messages: string }[]).flatMap((row) =>
    messagesFromText(row.messages),
  );
  const ofTransfers = messages.filter(({ kind }) => kind.startsWith('transfer_'));
  expect(ofTransfers.map(({ id }) => id).toSorted()).toEqual(
    completed.flatMap((id) => [`${id}.received`, `${id}.sent`]).toSorted(),
  );
  const kept = connection.all(
    'SELECT id, credits_posted - debits_posted AS balance FROM account_states WHERE owner_id IS NOT NULL',
  ) as { id: string; balance: bigint }[];
  expect(new Map(kept.map(({ id, balance }) => [id, balance]))).toEqual(balances);

  for (const [rule, sql] of Object.entries(BROKEN_RULES)) {
    expect({ rule, broken: connection.all(sql) }).toEqual({ rule, broken: [] });
  }
  expect(connection.all('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  expect(connection.all('PRAGMA foreign_key_check')).toEqual([]);
  connection.close();

  function ids(sql: string): readonly string[] {
    return (connection.all(`${sql} ORDER BY id`) as { id: string }[]).map(({ id }) => id);
  }
}

/** Each finds what breaks it. */
const BROKEN_RULES = {
  'a transfer has its debit and its credit': `
    SELECT id FROM transfers LEFT JOIN entries ON transfer_id = id
    GROUP BY id HAVING count(transfer_id) <> iif(status = 'completed', 2, 0)`,
  'the entries of a transfer sum to zero': `
    SELECT transfer_id FROM entries GROUP BY transfer_id
    HAVING sum(iif(direction = 'debit', posted, -posted)) <> 0`,
  'an account has every sequence once': `
    SELECT id FROM account_states AS account LEFT JOIN entries ON account_id = id
    GROUP BY id HAVING count(account_id) <> account.sequence OR max(entries.sequence) <> account.sequence`,
  "an account's counters are the sums of its entries": `
    SELECT id FROM account_states AS account JOIN entries ON account_id = id GROUP BY id
    HAVING sum(iif(direction = 'debit', posted, 0)) <> account.debits_posted
      OR sum(iif(direction = 'credit', posted, 0)) <> account.credits_posted`,
  'a customer is never below zero': `
    SELECT account_id FROM entries JOIN accounts ON id = account_id
    WHERE owner_id IS NOT NULL AND entries.credits_posted < entries.debits_posted`,
  'a transfer has one record': `
    SELECT transfers.id FROM transfers LEFT JOIN idempotency_records ON transfer_id = transfers.id
    GROUP BY transfers.id HAVING count(key) + count(record_key) <> 1`,
};
