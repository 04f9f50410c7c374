import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';

export const MOST_WAITING_BYTES = 8 * 1024 * 1024;
const RETRY_MS = 50;

/**
 * Writes lines at once if the descriptor takes them. The rest waits in memory up to a limit, beyond which lines are
 * dropped. Once the reader continues, a line of its own gives their count.
 */
export class LogLines {
  readonly #write: (bytes: Uint8Array) => number;
  readonly #mostBytes: number;
  readonly #shown: (line: string) => string;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #dropped = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param shown how a JSON line of its own is written. Default: unchanged */
  constructor(
    to: { fd: number } | { write: (bytes: Uint8Array) => number },
    mostBytes = MOST_WAITING_BYTES,
    shown: (line: string) => string = (line) => line,
  ) {
    this.#write = 'fd' in to ? (bytes) => writeSync(to.fd, bytes) : (bytes) => to.write(bytes);
    this.#mostBytes = mostBytes;
    this.#shown = shown;
  }

  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#waitingBytes + bytes.length > this.#mostBytes) {
      this.#dropped++;
      return;
    }
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#timer === undefined) this.#drain();
  }

  /** Waits for the reader before the process ends. */
  flush({ mostMs }: { mostMs: number }): void {
    const until = performance.now() + mostMs;
    this.#drain();
    while (this.#waitingBytes > 0 && performance.now() < until) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      this.#drain();
    }
    clearTimeout(this.#timer);
  }

  #drain(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    try {
      this.#writeAll();
    } catch (error) {
      if (isFull(error)) {
        this.#timer = setTimeout(() => this.#drain(), RETRY_MS).unref();
        return;
      }
      // The reader is gone, or the disk of a log file is full: the bank must keep running
      this.#dropped += this.#waiting.length;
      this.#waiting = [];
      this.#waitingBytes = 0;
    }
  }

  #writeAll(): void {
    while (this.#waiting.length > 0 || this.#dropped > 0) {
      if (this.#waiting.length === 0) this.#countDropped();
      this.#writeFirst();
    }
  }

  #writeFirst(): void {
    const [first = new Uint8Array()] = this.#waiting;
    const written = this.#write(first);
    this.#waitingBytes -= written;
    if (written === first.length) this.#waiting.shift();
    else this.#waiting[0] = first.subarray(written);
  }

  #countDropped(): void {
    const facts = { level: 'warn', time: new Date().toISOString(), dropped: this.#dropped };
    const text = `${JSON.stringify({ ...facts, msg: 'lines of the log were dropped' })}\n`;
    const line = Buffer.from(this.#shown(text));
    this.#dropped = 0;
    this.#waiting.push(line);
    this.#waitingBytes += line.length;
  }
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EAGAIN' || error.code === 'EBUSY');
}

/**
 * Standard error as a descriptor whose writes fail instead of blocking. A pipe or terminal is reopened where the
 * system can, because a flag on the descriptor itself would affect all processes that share it.
 */
export function descriptorThatNeverWaits(): number {
  const own = reopened();
  if (own !== undefined) return own;
  // Makes Node open the descriptor, which turns blocking off for pipes and sockets
  void process.stderr;
  return STDERR;
}

const STDERR = 2;

function reopened(): number | undefined {
  // Windows has no such file, and a program without a console has no standard error either
  if (process.platform === 'win32') return undefined;
  let fd: number | undefined;
  try {
    const stat = fstatSync(STDERR);
    if (!stat.isFIFO() && !stat.isCharacterDevice()) return undefined;
    fd = openSync('/dev/stderr', constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    const again = fstatSync(fd);
    if (again.ino === stat.ino && again.dev === stat.dev) return fd;
  } catch {
    // Not supported on this system
  }
  if (fd !== undefined) closeSync(fd);
  return undefined;
}
