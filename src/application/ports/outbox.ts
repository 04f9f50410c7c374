import type { Notification } from '../../domain/entities/notification.ts';
import type { User } from '../../domain/entities/user.ts';
import type { Instant } from '../../domain/time.ts';

/**
 * A message is waiting until it is sent or given up. What is said of a message counts where it is said by the process
 * that claimed it last, or that wrote it as claimed (`Changes.messagesDueAt`).
 */
export interface OutboxStore {
  /** Due at once. */
  add(message: Notification): Promise<void>;
  /**
   * Up to `limit` messages that are due at `now`, those due longest first, each with the number of this attempt (1
   * for the first). They are due again at `leaseUntil`, so what a dead process had claimed comes back, and no two
   * claims that overlap give the same message.
   */
  claim(terms: { now: Instant; leaseUntil: Instant; limit: number }): Promise<readonly ClaimedMessage[]>;
  /** They are no longer there. */
  markSent(ids: readonly string[]): Promise<void>;
  /** Not attempted after all; due again at once. */
  release(ids: readonly string[], at: Instant): Promise<void>;
  /** Not attempted, and the claim does not count as an attempt; due again at `dueAt`. */
  putBack(ids: readonly string[], terms: { dueAt: Instant; reason: string }): Promise<void>;
  /** The attempt failed; due again at `dueAt`. */
  postpone(id: string, terms: { dueAt: Instant; reason: string }): Promise<void>;
  /** No more attempts. The message stays, for people to look at. */
  giveUp(id: string, terms: { at: Instant; reason: string }): Promise<void>;
}

/** Takes the messages of a unit once it is committed, so that nobody need look for them in the outbox. */
export interface DirectDelivery {
  /** Until when messages that are written now are the courier's; null where it takes none: they are due at once. */
  reserve(): Instant | null;
  /** Those that were written under a reservation, after their commit. */
  accept(messages: readonly Notification[], until: Instant): void;
}

export type ClaimedMessage = { readonly message: Notification; readonly attempt: number };

export interface Mailer {
  /**
   * Sends `message` to `recipient`, its Message-ID made of the message's id alone.
   * `refused` means that the address or the mail will never be accepted; rejects where another attempt may succeed.
   * @throws MailServerFault where every other mail would fail too
   */
  send(message: Notification, recipient: User): Promise<'sent' | 'refused'>;
}
