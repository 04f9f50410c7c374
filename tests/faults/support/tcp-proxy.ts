import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

type Pair = { readonly client: Socket; readonly server: Socket; isMute: boolean };

/**
 * A proxy in front of a server, which loses connections as a network does: the client's side is reset or silent, and
 * the server's side stays open, so that the server notices nothing.
 */
export class TcpProxy {
  readonly #target: number;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #trap: { readonly text: string; readonly spring: (pair: Pair) => void } | undefined;
  #isCut = false;

  private constructor(target: number) {
    this.#target = target;
    // Half of a connection may end alone
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
  }

  static async to(target: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Loses the answer to the next request that holds `text`; resolves once the server has given it. */
  async loseAnswerTo(text: string): Promise<void> {
    const pair = await new Promise<Pair>((resolve) => {
      this.#trap = { text, spring: resolve };
    });
    await once(pair.server, 'data');
  }

  /** Resets the client's side of all connections, and of all that it opens until `pass`. */
  cut(): void {
    this.#isCut = true;
    this.reset();
  }

  /** Resets the client's side of all connections there are. */
  reset(): void {
    for (const pair of this.#pairs) {
      pair.isMute = true;
      pair.client.resetAndDestroy();
    }
  }

  pass(): void {
    this.#isCut = false;
  }

  async close(): Promise<void> {
    for (const { client, server } of this.#pairs) {
      client.destroy();
      server.destroy();
    }
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(client: Socket): void {
    // A reset is this proxy's own
    client.on('error', () => {});
    if (this.#isCut) {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ port: this.#target, host: '127.0.0.1', allowHalfOpen: true });
    const pair: Pair = { client, server, isMute: false };
    this.#pairs.add(pair);
    client.on('data', (request) => {
      this.#spring(pair, request);
      server.write(request);
    });
    server.on('data', (answer) => {
      if (!pair.isMute) client.write(answer);
    });
    server.on('error', () => client.destroy());
    client.on('end', () => server.end());
    server.on('end', () => client.end());
  }

  #spring(pair: Pair, request: Buffer): void {
    const trap = this.#trap;
    if (!trap || !request.includes(trap.text)) return;
    this.#trap = undefined;
    pair.isMute = true;
    trap.spring(pair);
  }
}
