const WIDTH = 30;
const EVERY_MS = 80;

/** A line that fills up on a terminal. Anywhere else it writes nothing. */
export class ProgressBar {
  readonly #stream: NodeJS.WriteStream;
  readonly #label: string;
  #drawnAt = -EVERY_MS;

  constructor(stream: NodeJS.WriteStream, label: string) {
    this.#stream = stream;
    this.#label = label;
  }

  /** @param share from 0 to 1 */
  show(share: number): void {
    const now = performance.now();
    if (!this.#stream.isTTY || now - this.#drawnAt < EVERY_MS) return;
    this.#drawnAt = now;
    const filled = Math.round(share * WIDTH);
    const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
    this.#stream.write(`\r${this.#label} ${bar} ${Math.floor(share * 100)} %`);
  }

  clear(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\u001b[K');
  }
}
