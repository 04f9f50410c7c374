import type { Socket } from 'node:net';

/** Less than this within one interval is taken for a client that reads nothing: 500 bytes a second. */
const PROGRESS_BYTES = 64 * 1024;

/**
 * Ends connections whose client does not read its answers, so that neither the answers nor what they are read from
 * are held for ever. A client has from one to two intervals.
 */
export class SlowReaders {
  readonly #timer: NodeJS.Timeout;
  /** The bytes that each client with an answer under way had taken when last looked at. */
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
