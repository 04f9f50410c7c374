import type { Instant } from '../../domain/time.ts';

/** Number of different mails failing in a row from which the server itself counts as failing. */
const MAILS_IN_A_ROW = 5;

/**
 * Pause of mail delivery after a server failure. It doubles with each failure, up to `maxDelayMs`, until the server
 * accepts or refuses a mail.
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

  /** Exclusive end of the pause; in the past if there is no pause. */
  get until(): Instant {
    return this.#until;
  }

  begin(now: Instant): void {
    this.#until = now + Math.min(this.#maxDelayMs, this.#delayMs * 2 ** this.#faults);
    this.#faults++;
  }

  /** Records the failure of a single mail. Starts a pause if several different mails fail in a row. */
  failed(messageId: string, now: Instant): void {
    if (this.#failed.size < MAILS_IN_A_ROW) this.#failed.add(messageId);
    if (this.#failed.size >= MAILS_IN_A_ROW) this.begin(now);
  }

  /** Ends the pause: the server accepted or refused a mail, so it works. */
  end(): void {
    this.#failed.clear();
    this.#faults = 0;
    this.#until = 0;
  }
}
