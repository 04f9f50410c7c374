import type { Instant } from '../../domain/time.ts';

/** After so many different mails that failed one after another, it is the server that fails. */
const MAILS_IN_A_ROW = 5;

/**
 * The time for which a mail server is left alone after a fault. It doubles with each fault, up to `maxDelayMs`, until
 * the server takes or refuses a mail.
 */
export class MailPause {
  readonly #delayMs: number;
  readonly #maxDelayMs: number;
  readonly #failed = new Set<string>();
  #faults = 0;
  #until: Instant = 0;

  constructor({ delayMs, maxDelayMs }: { delayMs: number; maxDelayMs: number }) {
    this.#delayMs = delayMs;
    this.#maxDelayMs = maxDelayMs;
  }

  /** Exclusive; in the past where there is no pause. */
  get until(): Instant {
    return this.#until;
  }

  begin(now: Instant): void {
    this.#until = now + Math.min(this.#maxDelayMs, this.#delayMs * 2 ** this.#faults);
    this.#faults++;
  }

  /** One mail failed for itself. A pause begins where this happens to one mail after another. */
  failed(messageId: string, now: Instant): void {
    if (this.#failed.size < MAILS_IN_A_ROW) this.#failed.add(messageId);
    if (this.#failed.size >= MAILS_IN_A_ROW) this.begin(now);
  }

  /** The server took or refused a mail, so it works. */
  end(): void {
    this.#failed.clear();
    this.#faults = 0;
    this.#until = 0;
  }
}
