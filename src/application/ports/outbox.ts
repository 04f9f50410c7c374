import type { Notification } from '../../domain/entities/notification.ts';
import type { User } from '../../domain/entities/user.ts';
import type { Instant } from '../../domain/time.ts';

/**
 * A message waits until it is sent or given up. Only the process that claimed it last, or that wrote it as claimed
 * (`Changes.messagesDueAt`), may change the state of a waiting message; calls of any other process have no effect.
 */
export interface OutboxStore {
  /** Adds a message that is due at once. */
  add(message: Notification): Promise<void>;
  /**
   * Claims up to `limit` messages that are due at `now`, longest overdue first. Each has the number of this attempt,
   * starting at 1. They are due again at `leaseUntil`, so the claims of a dead process come back. No two overlapping
   * claims return the same message.
   */
  claim(terms: { now: Instant; leaseUntil: Instant; limit: number }): Promise<readonly ClaimedMessage[]>;
  /** Removes the messages from the outbox. */
  markSent(ids: readonly string[]): Promise<void>;
  /** Returns messages that were claimed but not attempted; they are due at once. */
  release(ids: readonly string[], at: Instant): Promise<void>;
  /** Returns messages without counting the claim as an attempt; they are due at `dueAt`. */
  putBack(ids: readonly string[], terms: { dueAt: Instant; reason: string }): Promise<void>;
  /** Records a failed attempt. The message is due again at `dueAt`. */
  postpone(id: string, terms: { dueAt: Instant; reason: string }): Promise<void>;
  /** Ends the attempts. The message stays in the outbox for people to inspect. */
  giveUp(id: string, terms: { at: Instant; reason: string }): Promise<void>;
  /**
   * Makes messages that were given up due again at `at`, without the attempts so far. Any process may call it.
   * Returns the messages at these positions (`UnsentMessage.position`), without those that are no longer given up.
   */
  retry(positions: readonly string[], at: Instant): Promise<readonly Notification[]>;
}

/** Waiting messages include those that are being sent. */
export type UnsentState = 'waiting' | 'given_up';

/** A message in the outbox, which was not sent so far. */
export type UnsentMessage = {
  readonly message: Notification;
  /** Text that only the store reads. It stays the same while the message is given up. */
  readonly position: string;
  /** Number of claims that count as attempts, with the one in progress. */
  readonly attempts: number;
  /** Instant from which it is tried next; null once it was given up. */
  readonly dueAt: Instant | null;
  /** Null while it waits. */
  readonly givenUpAt: Instant | null;
  /** Error of the last attempt; null before the first one failed. */
  readonly reason: string | null;
};

/** Reads of the outbox outside a transaction. Each looks at a bounded part of it, the oldest first. */
export interface OutboxReads {
  /**
   * Counts the messages that wait to be sent, those that are being sent included, and those that were given up not.
   * Stops counting soon after `most`, which bounds the cost.
   */
  countWaiting(most: number): Promise<number>;
  /** Counts the messages that were given up. Stops soon after `most`. In a very long outbox it may miss the newest. */
  countGivenUp(most: number): Promise<number>;
  /**
   * Returns messages in one state, about in the order of their age: only those after the position `after`. There are fewer
   * than `limit` if the part that was looked at has no more. `next` is then the position after which the list goes on, and
   * null if it has ended.
   */
  unsent(page: {
    state: UnsentState;
    after: string | null;
    limit: number;
  }): Promise<{ readonly messages: readonly UnsentMessage[]; readonly next: string | null }>;
  /**
   * Returns the messages about a transfer, and the digests that list it, in any state. `isPartial` if the outbox is too
   * long to look at all of it.
   */
  unsentAbout(
    transferId: string,
  ): Promise<{ readonly messages: readonly UnsentMessage[]; readonly isPartial: boolean }>;
}

/**
 * Result of an attempt at a mail. `written`: to a file. `failed`: it is tried again. `deferred`: it was not at fault, and
 * waits until the mail server can be used. `given_up`: it is not tried again.
 */
export type MailOutcome = 'sent' | 'written' | 'failed' | 'deferred' | 'given_up';

/** Takes the messages of a unit after its commit, without a search in the outbox. */
export interface DirectDelivery {
  /** Returns the end of a claim on the messages that are written now; null if it takes none: they are due at once. */
  reserve(): Instant | null;
  /** Accepts the messages that were written under a reservation. Called after their commit. */
  accept(messages: readonly Notification[], until: Instant): void;
}

export type ClaimedMessage = { readonly message: Notification; readonly attempt: number };

export interface Mailer {
  /**
   * Sends `message` to `recipient`. The Message-ID derives from the message's id alone.
   * Resolves to `refused` if the address or the mail will never be accepted, and to the path of the file if the mail
   * was written to one and not sent. Rejects if another attempt may succeed.
   * @throws MailServerFault if every other mail would fail too
   */
  send(message: Notification, recipient: User): Promise<'sent' | 'refused' | { readonly file: string }>;
}

/** A failure of the mail server or of the connection to it: every mail would fail now, whatever its content. */
export class MailServerFault extends Error {
  override readonly name = 'MailServerFault';
  /** Whether this mail may have caused the failure, for example if the connection broke while it was being sent. */
  readonly isPerhapsOfMail: boolean;
  /** The server's response code, such as 535; null if there was no response. */
  readonly responseCode: number | null;

  constructor(
    message: string,
    facts: { cause: unknown; isPerhapsOfMail: boolean; responseCode: number | null },
  ) {
    super(message, { cause: facts.cause });
    this.isPerhapsOfMail = facts.isPerhapsOfMail;
    this.responseCode = facts.responseCode;
  }
}
