import type { MailHourStore } from '../../../application/ports/ledger-store.ts';
import { endOfHour } from '../../../domain/entities/mail-hour.ts';
import type { MailHour } from '../../../domain/entities/mail-hour.ts';
import type { Instant } from '../../../domain/time.ts';
import { mailHourFromText, mailHourToText } from '../../shared/compact-json.ts';
import type { MailHourDocument } from '../documents/mail-hour-document.ts';
import type { Collections } from '../schema/collections.ts';
import type { Transaction } from '../transactions/transaction.ts';

export class MongoMailHours implements MailHourStore {
  readonly #transaction: Transaction;
  readonly #hours: Collections['mailHours'];

  constructor(transaction: Transaction, { mailHours }: Collections) {
    this.#transaction = transaction;
    this.#hours = mailHours;
  }

  async find(recipientIds: readonly string[]): Promise<readonly MailHour[]> {
    if (recipientIds.length === 0) return [];
    const documents = await this.#transaction.read((session) =>
      this.#hours
        .find({ _id: { $in: [...recipientIds] } }, { session, batchSize: 1 + recipientIds.length })
        .toArray(),
    );
    return documents.map(hourOf);
  }

  async keep(hours: readonly MailHour[]): Promise<void> {
    if (hours.length === 0) return;
    const operations = hours.map((hour) => ({
      replaceOne: {
        filter: { _id: hour.recipientId },
        replacement: { endsAt: new Date(endOfHour(hour)), content: mailHourToText(hour) },
        upsert: true,
      },
    }));
    await this.#transaction.write((session) =>
      this.#hours.bulkWrite(operations, { session, ordered: false }),
    );
  }

  async takeEnded({ now, limit }: { now: Instant; limit: number }): Promise<readonly MailHour[]> {
    const ended = await this.#transaction.read((session) =>
      this.#hours
        .find({ endsAt: { $lte: new Date(now) } }, { session, sort: { endsAt: 1 }, limit })
        .toArray(),
    );
    if (ended.length === 0) return [];
    const ids = ended.map(({ _id }) => _id);
    await this.#transaction.write((session) => this.#hours.deleteMany({ _id: { $in: ids } }, { session }));
    return ended.map(hourOf);
  }
}

function hourOf({ _id, content }: MailHourDocument): MailHour {
  return mailHourFromText(_id, content);
}
