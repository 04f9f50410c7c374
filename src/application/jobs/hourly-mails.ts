import {
  admit,
  beginHour,
  digestMessageOf,
  endOfHour,
  gather,
  isFull,
  joinGathered,
  NOTHING_GATHERED,
} from '../../domain/entities/mail-hour.ts';
import type { Gathered, MailHour } from '../../domain/entities/mail-hour.ts';
import { isAboutTransfer } from '../../domain/entities/notification.ts';
import type { Notification, TransferNotification } from '../../domain/entities/notification.ts';
import type { Instant } from '../../domain/time.ts';
import type { Stores } from '../ports/ledger-store.ts';
import type { ClaimedMessage } from '../ports/outbox.ts';

/** Maximum number of cached full hours. An evicted one is read again. */
const MOST_FULL = 10_000;
/** Number of gathered messages in memory from which they must be written. */
const MOST_GATHERED = 5_000;
/** Maximum time that messages stay gathered in memory, well within their lease. */
const WRITE_AFTER_MS = 5_000;

/** Result of admitting claimed messages in a unit of work. It takes effect when `committed` is called with it. */
export type Admission = { readonly admitted: readonly ClaimedMessage[]; readonly hours: readonly MailHour[] };

/**
 * The limit on money mails: a recipient gets twelve an hour one by one, and one digest at the end of the hour for the
 * rest. The store counts them in the transaction that removes the messages from the outbox. The limit therefore covers
 * all processes together, and no message is lost with a process.
 */
export class HourlyMails {
  /** Ends of full hours, by recipient. */
  readonly #full = new Map<string, Instant>();
  readonly #gathered = new Map<string, Gathered>();
  #gatheredIds: string[] = [];
  #gatheredSince: Instant = 0;
  /** End of the earliest lease of a gathered message. From then on, other processes may claim it. */
  #leaseUntil: Instant = Number.POSITIVE_INFINITY;

  /** Gathers the messages of recipients whose hour is known to be full. Returns the others. */
  gatherKnown(
    claimed: readonly ClaimedMessage[],
    { now, until }: { now: Instant; until: Instant },
  ): readonly ClaimedMessage[] {
    const others: ClaimedMessage[] = [];
    for (const one of claimed) {
      const { message } = one;
      if (isAboutTransfer(message) && now < (this.#full.get(message.recipientId) ?? 0)) {
        this.#gather(message, { now, until });
      } else others.push(one);
    }
    return others;
  }

  #gather(message: TransferNotification, { now, until }: { now: Instant; until: Instant }): void {
    if (this.#gatheredIds.length === 0) this.#gatheredSince = now;
    const before = this.#gathered.get(message.recipientId) ?? NOTHING_GATHERED;
    this.#gathered.set(message.recipientId, gather(before, message));
    this.#gatheredIds.push(message.id);
    this.#leaseUntil = Math.min(this.#leaseUntil, until);
  }

  get hasGathered(): boolean {
    return this.#gatheredIds.length > 0;
  }

  mustWrite(now: Instant): boolean {
    const isTime = now >= this.#gatheredSince + WRITE_AFTER_MS || now >= this.#leaseUntil;
    return this.hasGathered && (isTime || this.#gatheredIds.length >= MOST_GATHERED);
  }

  /** Turns ended hours into digests, which are due at once. */
  async closeEnded({ mailHours, outbox }: Stores, terms: { now: Instant; limit: number }): Promise<void> {
    await addDigests(outbox, await mailHours.takeEnded(terms));
  }

  /** Splits claimed messages into mails of their own and messages that leave the outbox for a digest. */
  async admit(stores: Stores, claimed: readonly ClaimedMessage[], now: Instant): Promise<Admission> {
    const hours = await currentHours(stores, recipientsOf(claimed.map(({ message }) => message)), now);
    const changed = new Map<string, MailHour>();
    const admitted: ClaimedMessage[] = [];
    const gathered: string[] = [];
    for (const one of claimed) {
      const { message } = one;
      if (!isAboutTransfer(message)) {
        admitted.push(one);
        continue;
      }
      const { recipientId } = message;
      const before = changed.get(recipientId) ?? hours.get(recipientId) ?? beginHour(recipientId, now);
      const { hour, isSent } = admit(before, message);
      if (hour !== before || !hours.has(recipientId)) changed.set(recipientId, hour);
      if (isSent) admitted.push(one);
      else gathered.push(message.id);
    }
    await stores.mailHours.keep([...changed.values()]);
    if (gathered.length > 0) await stores.outbox.markSent(gathered);
    return { admitted, hours: [...hours.values(), ...changed.values()] };
  }

  /** Writes the messages gathered in memory. Takes effect when `written` is called. */
  async write(stores: Stores, now: Instant): Promise<void> {
    const hours = await currentHours(stores, [...this.#gathered.keys()], now);
    const changed = Array.from(this.#gathered, ([recipientId, later]) => {
      const hour = hours.get(recipientId) ?? beginHour(recipientId, now);
      return { ...hour, gathered: joinGathered(hour.gathered, later) };
    });
    await stores.mailHours.keep(changed);
    await stores.outbox.markSent(this.#gatheredIds);
  }

  /** Drops all gathered messages, even those whose lease has ended: another process gathers them again. */
  written(): void {
    this.#gathered.clear();
    this.#gatheredIds = [];
    this.#leaseUntil = Number.POSITIVE_INFINITY;
  }

  isTooLate(now: Instant): boolean {
    return now >= this.#leaseUntil;
  }

  committed({ hours }: Admission): void {
    for (const hour of hours) {
      if (!isFull(hour)) continue;
      if (this.#full.size >= MOST_FULL) this.#full.clear();
      this.#full.set(hour.recipientId, endOfHour(hour));
    }
  }
}

/** Returns the current hours by recipient. Turns ended hours into digests first. */
async function currentHours(
  { mailHours, outbox }: Stores,
  recipientIds: readonly string[],
  now: Instant,
): Promise<ReadonlyMap<string, MailHour>> {
  const found = await mailHours.find(recipientIds);
  await addDigests(
    outbox,
    found.filter((hour) => endOfHour(hour) <= now),
  );
  const current = found.filter((hour) => endOfHour(hour) > now);
  return new Map(current.map((hour) => [hour.recipientId, hour]));
}

async function addDigests(outbox: Stores['outbox'], ended: readonly MailHour[]): Promise<void> {
  for (const hour of ended) {
    const digest = digestMessageOf(hour);
    if (digest) await outbox.add(digest);
  }
}

function recipientsOf(messages: readonly Notification[]): readonly string[] {
  return [...new Set(messages.filter(isAboutTransfer).map(({ recipientId }) => recipientId))];
}
