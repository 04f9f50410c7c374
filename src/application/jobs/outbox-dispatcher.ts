import { nextTurn } from '../event-loop.ts';
import type { Instant } from '../../domain/time.ts';
import type { Notification } from '../../domain/entities/notification.ts';
import type { User } from '../../domain/entities/user.ts';
import { HourlyMails } from './hourly-mails.ts';
import type { Admission } from './hourly-mails.ts';
import { MailPause } from './mail-pause.ts';
import { MailServerFault } from '../ports/outbox.ts';
import type { Stores, UnitOfWork } from '../ports/ledger-store.ts';
import type { Clock, Logger } from '../ports/runtime.ts';
import type { ClaimedMessage, DirectDelivery, Mailer, MailOutcome } from '../ports/outbox.ts';
import type { Tracer } from '../ports/tracer.ts';
import { RecipientCache } from './recipient-cache.ts';

export type DispatcherOptions = {
  /** Number of messages in one claim. */
  readonly batch: number;
  /** Duration of a claim in milliseconds. Must be longer than a batch takes. */
  readonly leaseMs: number;
  /** Milliseconds between two searches for messages of other processes. */
  readonly pollMs: number;
  /** Wait in milliseconds after the first failure. It doubles with each further one, up to `maxDelayMs`. */
  readonly delayMs: number;
  readonly maxDelayMs: number;
  /** Number of failures after which a message is given up. */
  readonly maxAttempts: number;
};

const DEFAULTS: DispatcherOptions = {
  batch: 200,
  leaseMs: 120_000,
  pollMs: 5_000,
  delayMs: 5_000,
  maxDelayMs: 15 * 60_000,
  // About three days with these delays
  maxAttempts: 300,
};

/** Interval for marking messages as sent, also done after each claim. Mails sent since are sent again after a crash. */
const MARK_EVERY_MS = 250;

/** Limit of direct delivery, in multiples of `batch`. */
const HANDED_BATCHES = 5;

type AttemptFacts = { readonly messageId: string; readonly kind: string; readonly attempt: number };
/** `file` is the path of a mail that was written and not sent. */
type SentFacts = AttemptFacts & { readonly file?: string };

/**
 * Sends the messages in the outbox. A mail server that is down delays mail and nothing else: after a server failure,
 * delivery pauses, then tries one mail. If a process dies after the server accepted a mail and before it is marked, the
 * message is sent again with the same Message-ID.
 */
export class OutboxDispatcher implements DirectDelivery {
  readonly #unitOfWork: UnitOfWork;
  readonly #mailer: Mailer;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #options: DispatcherOptions;
  readonly #tracer: Tracer | null;
  readonly #onAttempt: (outcome: MailOutcome) => void;
  readonly #recipients = new RecipientCache();
  readonly #pause: MailPause;
  readonly #hourly = new HourlyMails();
  /** Runs while handed messages accumulate, since each look at them may cost a unit of work. */
  #gathering: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> | undefined;
  /** Messages from direct delivery that are not sent yet. */
  readonly #handed: { readonly messages: readonly Notification[]; readonly until: Instant }[] = [];
  #handedCount = 0;
  #sent: SentFacts[] = [];
  #markedAt: Instant = 0;
  #rouse: () => void = () => {};
  #isWoken = true;
  #isStopping = false;

  constructor(ports: {
    unitOfWork: UnitOfWork;
    mailer: Mailer;
    clock: Clock;
    log: Logger;
    options?: Partial<DispatcherOptions>;
    /** Default: none. */
    tracer?: Tracer | null;
    /** Called after each attempt at a mail. Must not throw. */
    onAttempt?: (outcome: MailOutcome) => void;
  }) {
    this.#unitOfWork = ports.unitOfWork;
    this.#mailer = ports.mailer;
    this.#clock = ports.clock;
    this.#log = ports.log;
    this.#options = { ...DEFAULTS, ...ports.options };
    this.#tracer = ports.tracer ?? null;
    this.#onAttempt = ports.onAttempt ?? (() => {});
    this.#pause = new MailPause(this.#options);
  }

  start(): void {
    this.#running ??= this.#loop();
  }

  /** Signals that there may be messages to send. */
  wake(): void {
    this.#isWoken = true;
    this.#rouse();
  }

  /** Accepts only as many messages as it can send soon; the rest waits in the outbox. */
  reserve(): Instant | null {
    const { batch, leaseMs } = this.#options;
    const isReady = this.#running !== undefined && !this.#isStopping && !this.#isPaused;
    return isReady && this.#handedCount < HANDED_BATCHES * batch ? this.#clock.now() + leaseMs : null;
  }

  accept(messages: readonly Notification[], until: Instant): void {
    this.#handed.push({ messages, until });
    this.#handedCount += messages.length;
    this.#rouse();
  }

  /** Finishes the current message and stops. Other messages that it has taken are due again at once. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#rouse();
    await this.#running;
  }

  get #isPaused(): boolean {
    return this.#clock.now() < this.#pause.until;
  }

  /** Claims and sends one batch. Returns the number of claimed messages: 0 during a pause. */
  async dispatch(): Promise<number> {
    if (this.#isPaused) return 0;
    const { batch: limit, leaseMs } = this.#options;
    const now = this.#clock.now();
    const { claimed, recipients, admission } = await this.#unitOfWork.run(async (stores) => {
      await this.#hourly.closeEnded(stores, { now, limit });
      const claimed = await stores.outbox.claim({ now, leaseUntil: now + leaseMs, limit });
      return { claimed, ...(await this.#admit(stores, claimed, now)) };
    });
    this.#hourly.committed(admission);
    await this.#deliverAll(admission.admitted, { recipients, until: now + leaseMs });
    await this.#markSent();
    if (this.#hourly.mustWrite(this.#clock.now())) await this.#writeGathered();
    return claimed.length;
  }

  /** Sends the messages from direct delivery so far. */
  async #dispatchHanded(): Promise<number> {
    const handed = this.#handed.splice(0);
    this.#handedCount = 0;
    const until = Math.min(...handed.map((one) => one.until));
    const claimed = handed.flatMap(({ messages }) => messages).map((message) => ({ message, attempt: 1 }));
    const now = this.#clock.now();
    const others = this.#hourly.gatherKnown(claimed, { now, until });
    if (others.length > 0) {
      this.#letGather();
      const { recipients, admission } = await this.#unitOfWork.run((stores) =>
        this.#admit(stores, others, now),
      );
      this.#hourly.committed(admission);
      await this.#deliverAll(admission.admitted, { recipients, until });
    }
    if (this.#hourly.mustWrite(now)) await this.#writeGathered();
    return claimed.length;
  }

  #letGather(): void {
    this.#gathering = setTimeout(() => {
      this.#gathering = undefined;
      this.#rouse();
    }, MARK_EVERY_MS);
  }

  async #admit(
    stores: Stores,
    claimed: readonly ClaimedMessage[],
    now: Instant,
  ): Promise<{ admission: Admission; recipients: ReadonlyMap<string, User> }> {
    const admission = await this.#hourly.admit(stores, claimed, now);
    const ids = recipientsOf(admission.admitted);
    const recipients = await this.#recipients.find(ids, now, (unknown) => stores.users.byIds(unknown));
    return { admission, recipients };
  }

  async #writeGathered(): Promise<void> {
    if (!this.#hourly.hasGathered) return;
    const now = this.#clock.now();
    try {
      if (!this.#hourly.isTooLate(now)) {
        await this.#unitOfWork.run((stores) => this.#hourly.write(stores, now));
      }
    } catch (error) {
      // After their lease ends, they are gathered again
      this.#log.warn({ err: error }, 'mails gathered, but not written');
    }
    this.#hourly.written();
  }

  async #deliverAll(
    claimed: readonly ClaimedMessage[],
    { recipients, until }: { recipients: ReadonlyMap<string, User>; until: Instant },
  ): Promise<void> {
    for (const [index, one] of claimed.entries()) {
      if (this.#clock.now() >= until) break;
      if (this.#isPaused) {
        await this.#putBack(claimed.slice(index).map(({ message }) => message.id));
        break;
      }
      if (this.#isStopping) {
        this.#handed.push({ messages: claimed.slice(index).map(({ message }) => message), until });
        break;
      }
      await this.#deliver(one, recipients.get(one.message.recipientId));
      if (this.#clock.now() >= this.#markedAt + MARK_EVERY_MS) await this.#markSent();
    }
  }

  async #loop(): Promise<void> {
    while (!this.#isStopping) {
      if (this.#isPaused) {
        await this.#putBackHanded();
        await this.#idle();
      } else if (this.#handed.length > 0 && this.#gathering === undefined) {
        await this.#dispatchSafely(() => this.#dispatchHanded());
      } else if (this.#isWoken) {
        this.#isWoken = false;
        const sent = await this.#dispatchSafely(() => this.dispatch());
        if (sent > 0) this.#isWoken = true;
        // Where all of it is gathered, and the store answers at once, nothing else lets others have a turn
        await nextTurn();
      } else {
        await this.#idle();
      }
    }
    clearTimeout(this.#gathering);
    await this.#markSent();
    await this.#writeGathered();
    await this.#letGo();
  }

  async #dispatchSafely(dispatch: () => Promise<number>): Promise<number> {
    try {
      return await dispatch();
    } catch (error) {
      this.#log.warn({ err: error }, 'outbox could not be read, will try again');
      return 0;
    }
  }

  async #deliver(one: ClaimedMessage, recipient: User | undefined): Promise<void> {
    const { message, attempt } = one;
    const facts = { messageId: message.id, kind: message.kind, attempt };
    try {
      const result = recipient ? await this.#send(one, recipient) : 'refused';
      if (result === 'refused') {
        const reason = recipient ? 'refused by the mail server' : 'no such user';
        await this.#giveUp(facts, this.#clock.now(), reason);
        if (recipient) this.#pause.end();
        return;
      }
      this.#sent.push(result === 'sent' ? facts : { ...facts, file: result.file });
      this.#onAttempt(result === 'sent' ? 'sent' : 'written');
      this.#pause.end();
    } catch (error) {
      await this.#failOrPause(facts, error);
    }
  }

  #send({ message, attempt }: ClaimedMessage, recipient: User): ReturnType<Mailer['send']> {
    const send = () => this.#mailer.send(message, recipient);
    if (!this.#tracer) return send();
    const { id, kind } = message;
    const attributes = {
      'passbook.mail.id': id,
      'passbook.mail.kind': kind,
      'passbook.mail.attempt': attempt,
    };
    return this.#tracer.during({ name: 'send mail', kind: 'client', attributes, messageId: id }, send);
  }

  /** A failure that the mail did not cause does not count as one of its attempts. */
  async #failOrPause(facts: AttemptFacts, error: unknown): Promise<void> {
    const now = this.#clock.now();
    if (!(error instanceof MailServerFault)) {
      this.#pause.failed(facts.messageId, now);
      await this.#fail(facts, error);
      return;
    }
    this.#pause.begin(now);
    if (error.isPerhapsOfMail) {
      await this.#fail(facts, error);
      return;
    }
    this.#onAttempt('deferred');
    await this.#putBack([facts.messageId], error.message);
    const seconds = Math.ceil((this.#pause.until - now) / 1_000);
    this.#log.warn({ err: error, seconds }, 'the mail server cannot be used, mails wait');
  }

  /** Puts messages back without an attempt. They are due when the mail server is tried next. */
  async #putBack(ids: readonly string[], reason = 'The mail server was left alone'): Promise<void> {
    if (ids.length === 0) return;
    try {
      const terms = { dueAt: this.#pause.until, reason };
      await this.#unitOfWork.run(({ outbox }) => outbox.putBack(ids, terms));
    } catch (error) {
      this.#log.warn({ err: error, messageIds: ids }, 'mail not put back, it is due after its lease');
    }
  }

  async #putBackHanded(): Promise<void> {
    const handed = this.#handed.splice(0);
    this.#handedCount = 0;
    await this.#putBack(handed.flatMap(({ messages }) => messages.map(({ id }) => id)));
  }

  async #markSent(): Promise<void> {
    const sent = this.#sent.splice(0);
    this.#markedAt = this.#clock.now();
    if (sent.length === 0) return;
    const ids = sent.map(({ messageId }) => messageId);
    try {
      await this.#unitOfWork.run(({ outbox }) => outbox.markSent(ids));
      for (const facts of sent)
        this.#log.info(facts, facts.file === undefined ? 'mail sent' : 'mail written');
    } catch (error) {
      // After their lease ends, they are sent again with the same Message-ID
      this.#log.warn({ err: error, messageIds: ids }, 'mail sent, but not marked');
    }
  }

  async #fail(facts: AttemptFacts, error: unknown): Promise<void> {
    const { delayMs, maxDelayMs, maxAttempts } = this.#options;
    const now = this.#clock.now();
    const reason = error instanceof Error ? error.message : String(error);
    if (facts.attempt >= maxAttempts) {
      await this.#giveUp(facts, now, reason);
      return;
    }
    const dueAt = Math.max(
      now + Math.min(maxDelayMs, delayMs * 2 ** (facts.attempt - 1)),
      // Due after the others, so that the server is tried next with another mail
      this.#pause.until + 1,
    );
    this.#onAttempt('failed');
    await this.#unitOfWork.run(({ outbox }) => outbox.postpone(facts.messageId, { dueAt, reason }));
    this.#log.warn({ ...facts, err: error }, 'mail failed');
  }

  async #giveUp(facts: AttemptFacts, at: Instant, reason: string): Promise<void> {
    this.#onAttempt('given_up');
    await this.#unitOfWork.run(({ outbox }) => outbox.giveUp(facts.messageId, { at, reason }));
    this.#log.error({ ...facts, reason }, 'mail given up');
  }

  /** Waits until there is work. Meanwhile marks the messages sent last. */
  async #idle(): Promise<void> {
    const isWriting = this.#sent.length > 0 || this.#hourly.hasGathered;
    const isTimeOver = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(true), this.#idleMs(isWriting));
      this.#rouse = () => {
        clearTimeout(timer);
        resolve(false);
      };
    });
    if (!isTimeOver) return;
    if (isWriting) {
      await this.#markSent();
      await this.#writeGathered();
    } else this.#isWoken = true;
  }

  #idleMs(isSoon: boolean): number {
    if (isSoon) return MARK_EVERY_MS;
    const pauseMs = this.#pause.until - this.#clock.now();
    return pauseMs > 0 ? pauseMs : this.#options.pollMs;
  }

  /** Releases unsent messages from direct delivery, so that they are due again at once. */
  async #letGo(): Promise<void> {
    const ids = this.#handed.splice(0).flatMap(({ messages }) => messages.map(({ id }) => id));
    if (ids.length === 0) return;
    try {
      await this.#unitOfWork.run(({ outbox }) => outbox.release(ids, this.#clock.now()));
    } catch (error) {
      this.#log.warn({ err: error, messageIds: ids }, 'mail not let go, it is due after its lease');
    }
  }
}

function recipientsOf(claimed: readonly ClaimedMessage[]): ReadonlySet<string> {
  return new Set(claimed.map(({ message }) => message.recipientId));
}
