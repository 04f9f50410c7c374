import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { Connection } from '../../src/adapters/sqlite/connection/connection.ts';
import { accountDigestBytes, accountsAfter } from '../../src/adapters/sqlite/tables/accounts.ts';
import { digestRows } from '../../src/adapters/sqlite/tables/digest-rows.ts';
import { loadDriver } from '../../src/adapters/sqlite/connection/driver.ts';
import type { Value } from '../../src/adapters/sqlite/connection/driver.ts';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import { balancesToText, requestToText } from '../../src/adapters/shared/compact-json.ts';
import type { Store } from '../../src/application/ports/ledger-store.ts';
import type { AccountState } from '../../src/domain/entities/account.ts';
import type { AuditRecord } from '../../src/domain/integrity/audit-log.ts';
import { keyText } from '../../src/domain/books/idempotency.ts';
import type { IdempotencyKey, IdempotencyRecord } from '../../src/domain/books/idempotency.ts';
import type { LedgerEntry, LedgerEntryState } from '../../src/domain/entities/ledger-entry.ts';
import type { TransferState } from '../../src/domain/entities/transfer.ts';
import { FixedClock } from '../../src/testing/fixtures/builders.ts';
import type { Tamper } from './tamper.ts';

/** A store in a new file, and a connection to the file without triggers, checks and unique identifiers. */
export async function anUnguardedSqlite(): Promise<{
  store: Store;
  connection: Connection;
  close: () => Promise<void>;
}> {
  const folder = await mkdtemp(join(tmpdir(), 'passbook-'));
  const path = join(folder, 'bank.db');
  const store = await openSqliteStore({ path, clock: new FixedClock(), clockToleranceMs: Infinity });
  const connection = new Connection(await loadDriver(), path, { readOnly: false });
  const triggers = connection.all("SELECT name FROM sqlite_schema WHERE type = 'trigger'") as {
    name: string;
  }[];
  for (const { name } of triggers) connection.exec(`DROP TRIGGER ${name}`);
  for (const name of ['accounts_by_number', 'accounts_by_external_id', 'transfers_by_external_id'])
    connection.exec(`DROP INDEX ${name}`);
  connection.exec(
    'PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; PRAGMA synchronous = OFF',
  );
  const close = async () => {
    connection.close();
    await store.close();
    await rm(folder, { recursive: true });
  };
  return { store, connection, close };
}

export async function aTamperedSqlite(): Promise<{ store: Store; tamper: Tamper }> {
  const { store, connection, close } = await anUnguardedSqlite();
  onTestFinished(close);
  return { store, tamper: new SqliteTamper(connection, store) };
}

type Row = Readonly<Record<string, Value>>;

class SqliteTamper implements Tamper {
  readonly #connection: Connection;
  readonly #store: Store;

  constructor(connection: Connection, store: Store) {
    this.#connection = connection;
    this.#store = store;
  }

  /** Rewrites the whole row as the newest one. An older row would not count, because reads add the entries after it. */
  async account(id: string, change: Partial<AccountState>): Promise<void> {
    const account = required(await this.#store.reads.account(id));
    const { counters, ...state } = { ...account, ...change };
    this.#update(
      'accounts',
      { id },
      {
        owner_id: state.ownerId,
        number: state.number,
        external_id: state.externalId,
        metadata: state.metadata && JSON.stringify(state.metadata),
        currency: state.currency,
        class: state.class,
        status: state.status,
        minimum_balance: state.minimumBalance,
        debits_posted: counters.debitsPosted,
        credits_posted: counters.creditsPosted,
        debits_pending: counters.debitsPending,
        credits_pending: counters.creditsPending,
        sequence: state.sequence,
        latest_at: state.latestAt,
        head: bytes(state.head),
        next_expiry_at: state.nextExpiryAt,
      },
    );
  }

  async removeAccount(id: string): Promise<void> {
    this.#connection.run('DELETE FROM accounts WHERE id = ?', id);
  }

  async transfer(id: string, change: Partial<TransferState>): Promise<void> {
    const transfer = { ...required(await this.#store.reads.transfer(id)), ...change };
    this.#update(
      'transfers',
      { id },
      {
        legs: JSON.stringify(
          transfer.legs.map((leg) => [leg.accountId, leg.ownerId, leg.direction, leg.amount.toString()]),
        ),
        description: transfer.description,
        reference: transfer.reference,
        external_id: transfer.externalId,
        metadata: transfer.metadata && JSON.stringify(transfer.metadata),
        erased: transfer.erased && JSON.stringify(transfer.erased),
        initiator_kind: transfer.initiator.kind,
        initiator_id: transfer.initiator.id,
        status: transfer.status,
        code: transfer.code,
        amount_captured: transfer.amountCaptured,
        reversed: transfer.reversed && JSON.stringify(transfer.reversed.map(String)),
      },
    );
  }

  async entry(accountId: string, sequence: number, change: Partial<LedgerEntryState>): Promise<void> {
    const row: Record<string, Value> = {};
    if (change.sequence !== undefined) row['sequence'] = change.sequence;
    if (change.posted !== undefined) row['posted'] = change.posted;
    if (change.at !== undefined) row['at'] = change.at;
    if (change.hash !== undefined) row['hash'] = bytes(change.hash);
    if (change.after) Object.assign(row, countersOf(change.after));
    this.#update('entries', { account_id: accountId, sequence }, row);
  }

  async removeEntry(accountId: string, sequence: number): Promise<void> {
    this.#connection.run('DELETE FROM entries WHERE account_id = ? AND sequence = ?', accountId, sequence);
  }

  async addEntry(entry: LedgerEntry): Promise<void> {
    const row: Row = {
      account_id: entry.accountId,
      sequence: entry.sequence,
      transfer_id: entry.transferId,
      step: entry.step,
      direction: entry.direction,
      posted: entry.posted,
      pending: entry.pending,
      ...countersOf(entry.after),
      at: entry.at,
      hash: bytes(entry.hash),
    };
    const marks = Object.keys(row).map(() => '?');
    this.#connection.run(
      `INSERT INTO entries (${Object.keys(row).join()}) VALUES (${marks.join()})`,
      ...Object.values(row),
    );
  }

  async record(key: IdempotencyKey, change: (record: IdempotencyRecord) => IdempotencyRecord): Promise<void> {
    const { request, outcome } = change(required(await this.#store.reads.record(key)));
    if (outcome.kind === 'transferred') {
      this.#update(
        'transfers',
        { record_key: keyText(key) },
        {
          record_request: requestToText(request),
          record_balances: balancesToText(outcome.balances),
        },
      );
    }
  }

  async audit(sequence: number, { reason = null }: Partial<AuditRecord>): Promise<void> {
    this.#update('audit_log', { sequence }, { reason });
  }

  async removeAudit(sequence: number): Promise<void> {
    this.#connection.run('DELETE FROM audit_log WHERE sequence = ?', sequence);
  }

  async digests(): Promise<void> {
    digestRows(this.#connection);
    for (const account of accountsAfter(this.#connection, { after: null, limit: 100 })) {
      this.#update('accounts', { id: account.id }, { digest: accountDigestBytes(account) });
    }
  }

  #update(table: string, where: Row, change: Row): void {
    const set = Object.keys(change).map((column) => `${column} = ?`);
    const filter = Object.keys(where).map((column) => `${column} = ?`);
    const changed = this.#connection.run(
      `UPDATE ${table} SET ${set.join()} WHERE ${filter.join(' AND ')}`,
      ...Object.values(change),
      ...Object.values(where),
    );
    if (changed !== 1) throw new TypeError('There is nothing to tamper with');
  }
}

function countersOf({
  debitsPosted,
  creditsPosted,
  debitsPending,
  creditsPending,
}: LedgerEntryState['after']): Row {
  return {
    debits_posted: debitsPosted,
    credits_posted: creditsPosted,
    debits_pending: debitsPending,
    credits_pending: creditsPending,
  };
}

function bytes(hexadecimal: string): Uint8Array {
  return Buffer.from(hexadecimal, 'hex');
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError('There is nothing to tamper with');
  return value;
}
