import type { Socket } from 'node:net';

/** A client that reads less than this per interval counts as stalled. At 120 s that is 500 bytes a second. */
const PROGRESS_BYTES = 64 * 1024;

/**
 * Ends connections whose client does not read its responses, so that neither they nor their sources stay open for
 * ever. A client has one to two intervals.
 */
export class SlowReaders {
  readonly #timer: NodeJS.Timeout;
  /** Bytes that each client with a pending response had read at the last check. */
  #taken = new Map<Socket, number>();
  readonly #sockets = new Set<Socket>();

  constructor({ everyMs }: { everyMs: number }) {
    this.#timer = setInterval(() => this.#endSlow(), everyMs).unref();
  }

  watch(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #endSlow(): void {
    const waiting = [...this.#sockets].filter(({ writableLength }) => writableLength > 0);
    const taken = new Map(waiting.map((socket) => [socket, socket.bytesWritten - socket.writableLength]));
    for (const [socket, bytes] of taken) {
      const before = this.#taken.get(socket);
      if (before !== undefined && bytes - before < PROGRESS_BYTES) socket.destroy();
    }
    this.#taken = taken;
  }
}
