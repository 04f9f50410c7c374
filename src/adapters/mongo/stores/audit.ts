import type { AuditStore } from '../../../application/ports/ledger-store.ts';
import type { AuditHead, AuditRecord } from '../../../domain/integrity/audit-log.ts';
import { auditDocument, auditRecordOf } from '../documents/audit-document.ts';
import type { Collections } from '../schema/collections.ts';
import type { Transaction } from '../transactions/transaction.ts';

/** The sequence is the key, so if two units append after the same record, one of them runs again. */
export class MongoAudit implements AuditStore {
  readonly #transaction: Transaction;
  readonly #audit: Collections['audit'];

  constructor(transaction: Transaction, { audit }: Collections) {
    this.#transaction = transaction;
    this.#audit = audit;
  }

  async head(): Promise<AuditHead | undefined> {
    const last = await this.#transaction.read((session) =>
      this.#audit.findOne({}, { session, sort: { _id: -1 } }),
    );
    return last ? auditRecordOf(last) : undefined;
  }

  async append(record: AuditRecord): Promise<void> {
    await this.#transaction.write((session) => this.#audit.insertOne(auditDocument(record), { session }));
  }
}
