/**
 * One kept-alive HTTP/1.1 connection on loopback, one request at a time. As the load shares the machine with what it
 * measures, it does no more than it must: it writes text, and finds the end of the answer.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

export type HttpRequest = {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly token?: string;
  /** The client's address as a proxy in front of the server would say it. */
  readonly from?: string;
  /** ASCII only. */
  readonly body?: string;
};

export type HttpAnswer = {
  readonly status: number;
  readonly body: string;
  /** Of a server that is busy. */
  readonly retryAfterSeconds?: number;
};

type Waiting = { readonly resolve: (answer: HttpAnswer) => void; readonly reject: (fault: Error) => void };

export class HttpConnection {
  readonly #socket: Socket;
  #received = '';
  #waiting: Waiting | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    // One character for each byte, so that lengths are those of the header; ids and numbers are ASCII
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => this.#read(text));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the server closed the connection')));
  }

  static async open(port: number): Promise<HttpConnection> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new HttpConnection(socket);
  }

  send({ method, path, token, from, body = '' }: HttpRequest): Promise<HttpAnswer> {
    const authorization = token === undefined ? '' : `Authorization: Bearer ${token}\r\n`;
    const forwarded = from === undefined ? '' : `X-Forwarded-For: ${from}\r\n`;
    const type = body === '' ? '' : 'Content-Type: application/json\r\n';
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(
        `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${authorization}${forwarded}${type}Content-Length: ${body.length}\r\n\r\n${body}`,
        'latin1',
      );
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(text: string): void {
    this.#received += text;
    const answer = parseAnswer(this.#received);
    if (answer === undefined) return;
    const waiting = this.#waiting;
    this.#received = '';
    this.#waiting = undefined;
    waiting?.resolve(answer);
  }

  #fail(fault: Error): void {
    this.#waiting?.reject(fault);
    this.#waiting = undefined;
  }
}

/** Undefined until all of it is there. */
function parseAnswer(text: string): HttpAnswer | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const status = Number(text.slice(9, 12));
  const head = text.slice(0, headEnd);
  const body = text.slice(headEnd + 4);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length !== undefined) {
    if (body.length < Number(length)) return undefined;
    return status === 503 ? { status, body, retryAfterSeconds: retryAfterOf(head) } : { status, body };
  }
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) return { status, body };
  return body.endsWith('0\r\n\r\n') ? { status, body: joinChunks(body) } : undefined;
}

function retryAfterOf(head: string): number {
  return Number(/\r\nretry-after: *(\d+)/i.exec(head)?.[1] ?? 0);
}

function joinChunks(body: string): string {
  let joined = '';
  for (let at = 0; ; ) {
    const lineEnd = body.indexOf('\r\n', at);
    const size = Number.parseInt(body.slice(at, lineEnd), 16);
    if (!size) return joined;
    joined += body.slice(lineEnd + 2, lineEnd + 2 + size);
    at = lineEnd + 2 + size + 2;
  }
}
