import type { RefusalCode } from '../../domain/errors.ts';
import { keyText } from '../../domain/idempotency.ts';
import type { IdempotencyKey, IdempotencyRecord, NormalisedRequest } from '../../domain/idempotency.ts';
import type { Balances, Outcome } from '../../domain/outcome.ts';
import { Transfer } from '../../domain/transfer.ts';
import type { TransferStatus } from '../../domain/transfer.ts';
import { accountFromJson, accountToJson } from './accounts.ts';
import type { Connection } from './connection.ts';
import { findTransfer } from './transfers.ts';

/** Of a transfer, what may change after; its facts are read from its own row, where they never do. */
type RecordRow = {
  readonly request: string;
  readonly at: bigint;
  readonly outcome: Outcome['kind'];
  readonly code: RefusalCode | null;
  readonly transfer_id: string | null;
  readonly transfer_status: TransferStatus | null;
  readonly transfer_completed_at: bigint | null;
  readonly balances: string | null;
  readonly account: string | null;
};

/** As a list, to be short; amounts as text, as JSON has no bigints. */
type BalancesJson = [accountId: string, balance: string, held: string, available: string];

const INSERT = `INSERT INTO idempotency_records (
  key, request, at, outcome, code, transfer_id, transfer_status, transfer_completed_at, balances, account
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

export function insertRecord(connection: Connection, record: IdempotencyRecord): void {
  const { outcome, request, at } = record;
  const transfer = outcome.kind === 'opened' ? null : outcome.transfer;
  connection.run(
    INSERT,
    keyText(record),
    JSON.stringify(request),
    at,
    outcome.kind,
    outcome.kind === 'refused' ? outcome.code : null,
    transfer?.id ?? null,
    transfer?.status ?? null,
    transfer?.completedAt ?? null,
    outcome.kind === 'transferred' ? balancesToJson(outcome.balances) : null,
    outcome.kind === 'opened' ? accountToJson(outcome.account) : null,
  );
}

export function findRecord(connection: Connection, key: IdempotencyKey): IdempotencyRecord | undefined {
  const row = connection.get('SELECT * FROM idempotency_records WHERE key = ?', keyText(key)) as
    | RecordRow
    | undefined;
  if (!row) return undefined;
  const { scope, operation, key: own } = key;
  return {
    scope,
    operation,
    key: own,
    request: JSON.parse(row.request) as NormalisedRequest,
    outcome: outcomeOf(connection, row),
    at: Number(row.at),
  };
}

function outcomeOf(connection: Connection, row: RecordRow): Outcome {
  switch (row.outcome) {
    case 'transferred':
      return {
        kind: 'transferred',
        transfer: transferAsItStood(connection, row),
        balances: balancesFromJson(row.balances ?? '[]'),
      };
    case 'opened':
      return { kind: 'opened', account: accountFromJson(row.account as string) };
    case 'refused':
      return {
        kind: 'refused',
        code: row.code as RefusalCode,
        transfer: row.transfer_id === null ? null : transferAsItStood(connection, row),
      };
    default:
      return row.outcome satisfies never;
  }
}

function transferAsItStood(connection: Connection, row: RecordRow): Transfer {
  const today = findTransfer(connection, row.transfer_id as string);
  if (!today) throw new TypeError(`The transfer ${row.transfer_id} of a record is missing`);
  const completedAt = row.transfer_completed_at;
  return Transfer.restore({
    ...today,
    status: row.transfer_status as TransferStatus,
    code: row.code,
    completedAt: completedAt === null ? null : Number(completedAt),
  });
}

function balancesToJson(balances: readonly Balances[]): string {
  return JSON.stringify(
    balances.map(
      ({ accountId, balance, held, available }): BalancesJson => [
        accountId,
        balance.toString(),
        held.toString(),
        available.toString(),
      ],
    ),
  );
}

function balancesFromJson(text: string): readonly Balances[] {
  return (JSON.parse(text) as BalancesJson[]).map(([accountId, balance, held, available]) => ({
    accountId,
    balance: BigInt(balance),
    held: BigInt(held),
    available: BigInt(available),
  }));
}
