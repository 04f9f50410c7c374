import { MemoryData } from '../../src/adapters/memory/memory-data.ts';
import { memoryStoreOver } from '../../src/adapters/memory/memory-store.ts';
import type { Store } from '../../src/application/ports/ledger-store.ts';
import { Account } from '../../src/domain/entities/account.ts';
import type { AccountState } from '../../src/domain/entities/account.ts';
import type { AuditRecord } from '../../src/domain/integrity/audit-log.ts';
import { keyText } from '../../src/domain/books/idempotency.ts';
import type { IdempotencyKey, IdempotencyRecord } from '../../src/domain/books/idempotency.ts';
import { LedgerEntry } from '../../src/domain/entities/ledger-entry.ts';
import type { LedgerEntryState } from '../../src/domain/entities/ledger-entry.ts';
import { Transfer } from '../../src/domain/entities/transfer.ts';
import type { TransferState } from '../../src/domain/entities/transfer.ts';

/** Changes that someone with access to the database can make, past all our rules. */
export interface Tamper {
  account(id: string, change: Partial<AccountState>): Promise<void>;
  removeAccount(id: string): Promise<void>;
  /** Changes its facts in every copy, in outcomes of records too, and its current mutable state. */
  transfer(id: string, change: Partial<TransferState>): Promise<void>;
  entry(accountId: string, sequence: number, change: Partial<LedgerEntryState>): Promise<void>;
  removeEntry(accountId: string, sequence: number): Promise<void>;
  addEntry(entry: LedgerEntry): Promise<void>;
  record(key: IdempotencyKey, change: (record: IdempotencyRecord) => IdempotencyRecord): Promise<void>;
  audit(sequence: number, change: Partial<AuditRecord>): Promise<void>;
  removeAudit(sequence: number): Promise<void>;
  /** Recomputes every row digest, as an attacker who knows their format would. */
  digests(): Promise<void>;
}

/** A memory store, and a way to tamper with it. */
export function aTamperedMemory(): { store: Store; tamper: Tamper } {
  const data = new MemoryData();
  return { store: memoryStoreOver(data), tamper: new MemoryTamper(data) };
}

class MemoryTamper implements Tamper {
  readonly #data: MemoryData;

  constructor(data: MemoryData) {
    this.#data = data;
  }

  async account(id: string, change: Partial<AccountState>): Promise<void> {
    this.#data.accounts.set(id, Account.restore({ ...required(this.#data.accounts.get(id)), ...change }));
  }

  async removeAccount(id: string): Promise<void> {
    this.#data.accounts.delete(id);
    for (const [text, owner] of this.#data.identifiers) if (owner === id) this.#data.identifiers.delete(text);
  }

  async transfer(id: string, change: Partial<TransferState>): Promise<void> {
    const changed = (before: Transfer) => Transfer.restore({ ...before, ...change });
    this.#data.transfers.set(id, changed(required(this.#data.transfers.get(id))));
    for (const [key, record] of this.#data.records) {
      const { outcome } = record;
      if (outcome.kind !== 'transferred' || outcome.transfer.id !== id) continue;
      const { status, code, completedAt, amountCaptured, reversed } = outcome.transfer;
      const stood = { status, code, completedAt, amountCaptured, reversed };
      const transfer = Transfer.restore({ ...changed(outcome.transfer), ...stood });
      this.#data.records.set(key, { ...record, outcome: { ...outcome, transfer } });
    }
  }

  async entry(accountId: string, sequence: number, change: Partial<LedgerEntryState>): Promise<void> {
    const old = this.#find(accountId, sequence);
    const changed = LedgerEntry.restore({ ...old, ...change });
    const list = required(this.#data.entries.get(accountId));
    this.#data.entries.set(
      accountId,
      list.map((one) => (one === old ? changed : one)).sort((a, b) => a.sequence - b.sequence),
    );
    const twins = required(this.#data.entriesOfTransfers.get(old.transferId));
    this.#data.entriesOfTransfers.set(
      old.transferId,
      twins.map((one) => (one === old ? changed : one)),
    );
  }

  async removeEntry(accountId: string, sequence: number): Promise<void> {
    const old = this.#find(accountId, sequence);
    for (const [lists, key] of [
      [this.#data.entries, accountId],
      [this.#data.entriesOfTransfers, old.transferId],
    ] as const) {
      lists.set(
        key,
        required(lists.get(key)).filter((one) => one !== old),
      );
    }
  }

  async addEntry(entry: LedgerEntry): Promise<void> {
    const list = [...(this.#data.entries.get(entry.accountId) ?? []), entry];
    this.#data.entries.set(
      entry.accountId,
      list.sort((a, b) => a.sequence - b.sequence),
    );
    required(this.#data.entriesOfTransfers.get(entry.transferId)).push(entry);
  }

  async record(key: IdempotencyKey, change: (record: IdempotencyRecord) => IdempotencyRecord): Promise<void> {
    this.#data.records.set(keyText(key), change(required(this.#data.records.get(keyText(key)))));
  }

  async audit(sequence: number, change: Partial<AuditRecord>): Promise<void> {
    const index = this.#data.auditLog.findIndex((record) => record.sequence === sequence);
    this.#data.auditLog[index] = { ...required(this.#data.auditLog[index]), ...change };
  }

  async removeAudit(sequence: number): Promise<void> {
    const index = this.#data.auditLog.findIndex((record) => record.sequence === sequence);
    this.#data.auditLog.splice(index, 1);
  }

  async digests(): Promise<void> {
    const { accounts, transfers, records, written } = this.#data;
    for (const [id, account] of accounts) written.accounts.set(id, account);
    for (const [id, transfer] of transfers) written.transfers.set(id, transfer);
    for (const [key, record] of records) written.records.set(key, record);
  }

  #find(accountId: string, sequence: number): LedgerEntry {
    return required(this.#data.entries.get(accountId)?.find((entry) => entry.sequence === sequence));
  }
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError('There is nothing to tamper with');
  return value;
}
