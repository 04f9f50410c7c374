import { nextTurn } from '../../../application/event-loop.ts';
import { BLOCK, counterpartyOf } from '../../shared/counterparty-blocks.ts';
import { differs } from '../../../domain/verification/faults.ts';
import type { Fault } from '../../../domain/verification/faults.ts';
import { accountDigestBytes, accountRowsAfter } from '../tables/accounts.ts';
import type { AccountAsWritten } from '../tables/accounts.ts';
import type { Connection } from '../connection/connection.ts';
import type { Value } from '../connection/driver.ts';
import { blockOfEntries, othersOfTransfer } from '../tables/entries.ts';
import { recordDigestsAfter } from '../tables/idempotency-records.ts';
import { findTransfer, transferDigestBytes, transferRowsAfter } from '../tables/transfers.ts';

const PORTION = 500;

/** Reads in a transaction, so that all results belong to one moment. */
type Read = <R>(attempt: () => R) => Promise<R>;
type Page = { readonly after: string | null; readonly limit: number };

/** Compares digests, lists and copies with their source rows, some hundred rows at a time. */
export async function* sqliteDifferences(
  connection: Connection,
  read: Read,
): AsyncGenerator<readonly Fault[]> {
  const byId = [
    (page: Page) => pageOf(accountRowsAfter(connection, page), ({ account }) => account.id, accountFaults),
    (page: Page) =>
      pageOf(transferRowsAfter(connection, page), ({ transfer }) => transfer.id, transferFaults),
    (page: Page) => pageOf(recordDigestsAfter(connection, page), ({ key }) => key, recordFaults),
  ];
  for (const compare of byId) {
    for (let after: string | null = null; ; ) {
      const { faults, last } = await read(() => compare({ after, limit: PORTION }));
      if (last === undefined) break;
      yield faults;
      after = last;
      await nextTurn();
    }
  }
  for (const list of LISTS) yield* listFaults(list);

  function accountFaults(row: AccountAsWritten): readonly Fault[] {
    const { account, digest, last } = row;
    const { id: accountId } = account;
    const blocks = connection.get(COUNT_BLOCKS, accountId) as { count: bigint };
    const missing = Math.floor(last / BLOCK) - Number(blocks.count);
    const copy = copyDifference(row);
    return [
      ...(isEqual(digest, accountDigestBytes(account))
        ? []
        : [{ kind: 'account_facts', accountId } as const]),
      ...(copy
        ? [{ kind: 'account_copy', accountId, sequence: account.sequence, detail: copy } as const]
        : []),
      ...(missing === 0
        ? []
        : [{ kind: 'entry_counterparty', accountId, detail: `${missing} blocks are missing` } as const]),
    ];
  }

  function transferFaults(row: ReturnType<typeof transferRowsAfter>[number]): readonly Fault[] {
    const { transfer, record, digest } = row;
    const { id: transferId, unbookedFor, createdAt, expiresAt, legs } = transfer;
    const faults: Fault[] = [];
    if (!isEqual(digest, transferDigestBytes(transfer, record)))
      faults.push({ kind: 'transfer_facts', transferId });
    if (unbookedFor !== null && !connection.get(FIND_UNBOOKED, unbookedFor, createdAt, transferId))
      faults.push({ kind: 'transfer_listing', transferId, detail: 'it is not listed' });
    for (const { accountId } of transfer.status === 'pending' ? legs : []) {
      if (!connection.get(FIND_HOLD, accountId, expiresAt, transferId))
        faults.push({ kind: 'hold_listing', accountId, transferId, detail: 'it is not listed' });
    }
    for (const { accountId, sequence, otherId } of othersOfTransfer(connection, transferId)) {
      const expected = counterpartyOf({ accountId }, legs);
      if (otherId === expected) continue;
      const detail = differs(otherId, expected);
      faults.push({ kind: 'entry_counterparty', accountId, sequence, transferId, detail });
    }
    return faults;
  }

  async function* listFaults({ table, keys, lowest, faultsOf }: List): AsyncGenerator<readonly Fault[]> {
    const columns = keys.join();
    const sql = `SELECT * FROM ${table} WHERE (${columns}) > (${keys.map(() => '?').join()})
      ORDER BY ${columns} LIMIT ${PORTION}`;
    for (let after = lowest; ; ) {
      const { rows, faults } = await read(() => {
        const found = connection.all(sql, ...after) as Row[];
        return { rows: found, faults: found.flatMap((row) => faultsOf(row, connection)) };
      });
      const last = rows.at(-1);
      if (last === undefined) return;
      yield faults;
      after = keys.map((key) => last[key] ?? null);
      await nextTurn();
    }
  }
}

const COUNT_BLOCKS = 'SELECT count(*) AS count FROM entry_blocks WHERE account_id = ?';
const FIND_UNBOOKED = `SELECT 1 FROM unbooked_transfers
  WHERE user_id = ? AND created_at = ? AND transfer_id = ?`;
const FIND_HOLD = 'SELECT 1 FROM pending_holds WHERE account_id = ? AND expires_at = ? AND transfer_id = ?';

type Row = Readonly<Record<string, Value>>;

/** A table that lists rows of others by another key. */
type List = {
  readonly table: string;
  readonly keys: readonly string[];
  /** A key below all others. */
  readonly lowest: readonly Value[];
  readonly faultsOf: (row: Row, connection: Connection) => readonly Fault[];
};

const LOWEST = Number.MIN_SAFE_INTEGER;

const LISTS: readonly List[] = [
  {
    table: 'pending_holds',
    keys: ['account_id', 'expires_at', 'transfer_id'],
    lowest: ['', LOWEST, ''],
    faultsOf: holdFaults,
  },
  {
    table: 'unbooked_transfers',
    keys: ['user_id', 'created_at', 'transfer_id'],
    lowest: ['', LOWEST, ''],
    faultsOf: unbookedFaults,
  },
  { table: 'entry_blocks', keys: ['account_id', 'block'], lowest: ['', LOWEST], faultsOf: blockFaults },
];

function holdFaults(row: Row, connection: Connection): readonly Fault[] {
  const [accountId, transferId] = [String(row['account_id']), String(row['transfer_id'])];
  const hold = findTransfer(connection, transferId);
  const isRight =
    hold?.status === 'pending' &&
    hold.expiresAt === Number(row['expires_at']) &&
    hold.legs.some(
      (leg) =>
        leg.accountId === accountId && leg.direction === row['direction'] && leg.amount === row['amount'],
    );
  return isRight ? [] : [{ kind: 'hold_listing', accountId, transferId, detail: 'no such hold is pending' }];
}

function unbookedFaults(row: Row, connection: Connection): readonly Fault[] {
  const transferId = String(row['transfer_id']);
  const transfer = findTransfer(connection, transferId);
  const isRight =
    transfer?.unbookedFor === row['user_id'] && transfer?.createdAt === Number(row['created_at']);
  return isRight ? [] : [{ kind: 'transfer_listing', transferId, detail: 'it does not belong there' }];
}

/** Compares a block with its entries. The order of its names has no meaning. */
function blockFaults(row: Row, connection: Connection): readonly Fault[] {
  const [accountId, block] = [String(row['account_id']), Number(row['block'])];
  const expected = blockOfEntries(connection, accountId, block);
  const found = String(row['others']).split(',');
  if (expected.length === BLOCK && found.sort().join() === [...expected].sort().join()) return [];
  return [{ kind: 'entry_counterparty', accountId, detail: `block ${block} differs from its entries` }];
}

function recordFaults({ key, found, expected }: ReturnType<typeof recordDigestsAfter>[number]): Fault[] {
  return isEqual(found, expected) ? [] : [{ kind: 'record_facts', key }];
}

/** Describes the difference between an account's row and the entry after which it was written. */
function copyDifference({ account, entry, last }: AccountAsWritten): string | undefined {
  const { counters, latestAt, head, sequence } = account;
  if (sequence > last) return undefined;
  if (sequence !== 0 && !entry) return 'there is no such entry';
  const expected = entry ?? account.afterEntry(null);
  const found = { ...counters, latestAt, head };
  const should = { ...expected.counters, latestAt: expected.latestAt, head: expected.head };
  const field = (Object.keys(should) as (keyof typeof should)[]).find((name) => found[name] !== should[name]);
  return field && `${field}: ${differs(found[field], should[field])}`;
}

function pageOf<T>(rows: readonly T[], idOf: (row: T) => string, faultsOf: (row: T) => readonly Fault[]) {
  const last = rows.at(-1);
  return { faults: rows.flatMap(faultsOf), last: last && idOf(last) };
}

function isEqual(found: unknown, expected: Uint8Array): boolean {
  return found instanceof Uint8Array && Buffer.compare(found, expected) === 0;
}
