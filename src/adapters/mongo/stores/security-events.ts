import type { SecurityEventStore } from '../../../application/ports/user-store.ts';
import type { SecurityEvent } from '../../../domain/entities/security-event.ts';
import { securityEventDocument, securityEventOf } from '../documents/security-event-document.ts';
import type { Collections } from '../schema/collections.ts';
import type { Transaction } from '../transactions/transaction.ts';

export class MongoSecurityEvents implements SecurityEventStore {
  readonly #transaction: Transaction;
  readonly #events: Collections['securityEvents'];

  constructor(transaction: Transaction, { securityEvents }: Collections) {
    this.#transaction = transaction;
    this.#events = securityEvents;
  }

  async append(event: SecurityEvent): Promise<void> {
    const document = securityEventDocument(event);
    await this.#transaction.write((session) => this.#events.insertOne(document, { session }));
  }

  async list({
    userId,
    before,
    limit,
  }: {
    userId: string | null;
    before: string | null;
    limit: number;
  }): Promise<readonly SecurityEvent[]> {
    const filter = {
      ...(userId === null ? {} : { userId }),
      ...(before === null ? {} : { _id: { $lt: before } }),
    };
    const found = await this.#transaction.read((session) =>
      this.#events.find(filter, { session, limit, sort: { _id: -1 } }).toArray(),
    );
    return found.map(securityEventOf);
  }

  async eraseOf(userId: string): Promise<void> {
    const erased = { address: null, device: null, details: {} };
    await this.#transaction.write((session) =>
      this.#events.updateMany({ userId }, { $set: erased }, { session }),
    );
  }
}
