import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Counts the turns in which the event loop serves sockets. Two ends of a local socket send each other a byte: one has a
 * byte to read in each turn, and its answer is there in the next.
 */
export class SocketTurns {
  count = 0;
  readonly #ends: readonly Socket[];
  readonly #close: () => Promise<void>;
  #waiting: (() => void)[] = [];

  private constructor(ends: readonly Socket[], onTurn: () => void, close: () => Promise<void>) {
    this.#ends = ends;
    this.#close = close;
    for (const end of ends) {
      end.on('data', (byte) => {
        this.count += 1;
        onTurn();
        end.write(byte);
        for (const resolve of this.#waiting.splice(0)) resolve();
      });
    }
    ends[0]?.write('.');
  }

  static async open(onTurn: () => void = () => {}): Promise<SocketTurns> {
    const folder = await mkdtemp(join(tmpdir(), 'passbook-turns-'));
    const server = createServer().listen(join(folder, 'socket'));
    await once(server, 'listening');
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const client = connect(join(folder, 'socket'));
    const [other] = await accepted;
    return new SocketTurns([client, other], onTurn, async () => {
      server.close();
      await rm(folder, { recursive: true, force: true });
    });
  }

  /** Resolves while the event loop serves sockets, in its next turn. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async close(): Promise<void> {
    for (const end of this.#ends) end.destroy();
    await this.#close();
  }
}
