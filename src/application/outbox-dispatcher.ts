import type { Instant } from '../domain/time.ts';
import type { ClaimedMessage, Clock, Logger, Mailer, UnitOfWork } from './ports.ts';

export type DispatcherOptions = {
  /** How many messages one claim takes. */
  readonly batch: number;
  /** How long a claim holds; longer than a batch takes, in milliseconds. */
  readonly leaseMs: number;
  /** How often to look without being woken, for what other processes left, in milliseconds. */
  readonly pollMs: number;
  /** The wait after the first failure; it doubles with each, up to `maxDelayMs`. */
  readonly delayMs: number;
  readonly maxDelayMs: number;
  /** After so many failures a message is given up. */
  readonly maxAttempts: number;
};

const DEFAULTS: DispatcherOptions = {
  batch: 20,
  leaseMs: 120_000,
  pollMs: 5_000,
  delayMs: 5_000,
  maxDelayMs: 15 * 60_000,
  // With these delays, about three days.
  maxAttempts: 300,
};

type AttemptFacts = { readonly messageId: string; readonly kind: string; readonly attempt: number };

/**
 * Sends what the outbox holds. A mail server that is down delays mail and nothing else. Between a server's yes and
 * the mark that it said so a process may die: then the message is sent again, with the same Message-ID.
 */
export class OutboxDispatcher {
  readonly #unitOfWork: UnitOfWork;
  readonly #mailer: Mailer;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #options: DispatcherOptions;
  #running: Promise<void> | undefined;
  #wake: () => void = () => {};
  #isWoken = false;
  #isStopping = false;

  constructor(ports: {
    unitOfWork: UnitOfWork;
    mailer: Mailer;
    clock: Clock;
    log: Logger;
    options?: Partial<DispatcherOptions>;
  }) {
    this.#unitOfWork = ports.unitOfWork;
    this.#mailer = ports.mailer;
    this.#clock = ports.clock;
    this.#log = ports.log;
    this.#options = { ...DEFAULTS, ...ports.options };
  }

  start(): void {
    this.#running ??= this.#loop();
  }

  /** Says that there may be something to send. */
  wake(): void {
    this.#isWoken = true;
    this.#wake();
  }

  /** Finishes the message it is sending, and stops. What it had claimed beside that is due again after its lease. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#wake();
    await this.#running;
  }

  /** One claim and its messages; how many there were. */
  async dispatch(): Promise<number> {
    const { batch: limit, leaseMs } = this.#options;
    const now = this.#clock.now();
    const claimed = await this.#unitOfWork.run(({ outbox }) =>
      outbox.claim({ now, leaseUntil: now + leaseMs, limit }),
    );
    for (const one of claimed) {
      if (this.#isStopping || this.#clock.now() >= now + leaseMs) break;
      await this.#deliver(one);
    }
    return claimed.length;
  }

  async #loop(): Promise<void> {
    while (!this.#isStopping) {
      this.#isWoken = false;
      const sent = await this.#dispatchSafely();
      if (sent === 0) await this.#idle();
    }
  }

  async #dispatchSafely(): Promise<number> {
    try {
      return await this.dispatch();
    } catch (error) {
      this.#log.warn({ err: error }, 'outbox could not be read, will try again');
      return 0;
    }
  }

  async #deliver({ message, attempt }: ClaimedMessage): Promise<void> {
    const { id, kind } = message;
    const facts = { messageId: id, kind, attempt };
    try {
      const recipient = await this.#unitOfWork.run(({ users }) => users.byId(message.recipientId));
      const result = recipient ? await this.#mailer.send(message, recipient) : 'refused';
      const at = this.#clock.now();
      if (result === 'refused') {
        await this.#giveUp(facts, at, recipient ? 'refused by the mail server' : 'no such user');
        return;
      }
      await this.#unitOfWork.run(({ outbox }) => outbox.markSent(id, at));
      this.#log.info(facts, 'mail sent');
    } catch (error) {
      await this.#fail(facts, error);
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
    const dueAt = now + Math.min(maxDelayMs, delayMs * 2 ** (facts.attempt - 1));
    await this.#unitOfWork.run(({ outbox }) => outbox.postpone(facts.messageId, { dueAt, reason }));
    this.#log.warn({ ...facts, err: error }, 'mail failed');
  }

  async #giveUp(facts: AttemptFacts, at: Instant, reason: string): Promise<void> {
    await this.#unitOfWork.run(({ outbox }) => outbox.giveUp(facts.messageId, { at, reason }));
    this.#log.error({ ...facts, reason }, 'mail given up');
  }

  #idle(): Promise<void> {
    if (this.#isWoken || this.#isStopping) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#options.pollMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
