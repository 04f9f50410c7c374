import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { getRequestListener, RequestError } from '@hono/node-server';
import type { App } from './app.ts';
import { problemOf } from './responses/problem.ts';
import { SlowReaders } from './requests/slow-readers.ts';

export type ServerLimits = {
  /** All headers of a request together; more is answered with 431. */
  readonly headerBytes: number;
  /** How long a request's headers, and how long all of it, may take to arrive. */
  readonly headersMs: number;
  readonly requestMs: number;
  /** How often slow requests are looked for. */
  readonly checkMs: number;
  /** How long an idle connection is kept. */
  readonly keepAliveMs: number;
  /** How many connections there may be; a new one beyond that is closed, and so are idle ones to make room. */
  readonly connections: number;
  /** How long a client may take nothing of an answer; it has up to twice this. */
  readonly unreadMs: number;
  /** How long requests in flight may take once the server closes. */
  readonly closeMs: number;
};

const DEFAULT_LIMITS: ServerLimits = {
  headerBytes: 16 * 1024,
  headersMs: 10_000,
  requestMs: 30_000,
  checkMs: 1_000,
  // Longer than load balancers keep theirs, which would else send into a connection that is closing
  keepAliveMs: 65_000,
  connections: 4_000,
  unreadMs: 120_000,
  closeMs: 10_000,
};

/** How often idle connections are closed, at most, to make room for new ones. */
const ROOM_MS = 1_000;

export type RunningServer = {
  readonly port: number;
  /**
   * Accepts nothing more, ends idle connections at once, and waits for the requests in flight; those that outlast
   * the limit are cut off.
   */
  close(): Promise<void>;
};

/**
 * Serves the app over HTTP. Port 0 takes any that is free. Rejects if the address cannot be listened on.
 * Replaces the global `Request` and `Response` by lighter ones, as @hono/node-server does.
 */
export async function startServer({
  app,
  port,
  host,
  limits: given = {},
}: {
  app: Pick<App, 'fetch'>;
  port: number;
  host: string;
  limits?: Partial<ServerLimits>;
}): Promise<RunningServer> {
  const limits = { ...DEFAULT_LIMITS, ...given };
  const inFlight = new Set<ServerResponse>();
  const handle = getRequestListener((request, env) => app.fetch(request, env), {
    errorHandler: answerFault,
    // HTTP/1.0 needs no Host, and health checks send none
    hostname: 'localhost',
  });
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: limits.checkMs,
      keepAliveTimeout: limits.keepAliveMs,
    },
    (request: IncomingMessage, response: ServerResponse) => {
      inFlight.add(response);
      response.once('close', () => inFlight.delete(response));
      if (!server.listening) response.setHeader('Connection', 'close');
      void handle(request, response);
    },
  );
  server.on('clientError', answerClientError);
  server.maxConnections = limits.connections;
  server.on('drop', makeRoom(server));
  await listen(server, { port, host });
  const slowReaders = new SlowReaders({ everyMs: limits.unreadMs });
  server.on('connection', (socket) => slowReaders.watch(socket));
  return {
    port: portOf(server),
    close: async () => {
      await close(server, { inFlight, closeMs: limits.closeMs });
      slowReaders.stop();
    },
  };
}

/** Idle connections give way, so that a client that opens many and uses none keeps nobody out. */
function makeRoom(server: Server): () => void {
  let madeAt = -ROOM_MS;
  return () => {
    const now = performance.now();
    if (now - madeAt < ROOM_MS) return;
    madeAt = now;
    server.closeIdleConnections();
  };
}

/** What never reached the app: a target or a host that makes no URL. */
function answerFault(error: unknown): Response {
  const code = error instanceof RequestError ? 'invalid_request' : 'internal_error';
  const problem = problemOf(code);
  return new Response(JSON.stringify(problem), { status: problem.status, headers: PROBLEM_HEADERS });
}

const PROBLEM_HEADERS = {
  'Content-Type': 'application/problem+json',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
};

const STATUS_OF_CLIENT_ERROR: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** What is not HTTP, too large a head, or too slow: there is no request to answer, only a socket. */
function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = problemOf('invalid_request', {}, STATUS_OF_CLIENT_ERROR[error.code ?? ''] ?? 400);
  const body = JSON.stringify(problem);
  const headers = { ...PROBLEM_HEADERS, 'Content-Length': Buffer.byteLength(body), Connection: 'close' };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${problem.status} ${problem.title}\r\n${lines.join('')}\r\n${body}`);
}

function listen(server: Server, address: { port: number; host: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new TypeError('The server listens on no port');
  return address.port;
}

function close(
  server: Server,
  { inFlight, closeMs }: { inFlight: ReadonlySet<ServerResponse>; closeMs: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const cutOff = setTimeout(() => server.closeAllConnections(), closeMs);
    server.close((error) => {
      clearTimeout(cutOff);
      if (error) reject(error);
      else resolve();
    });
    // Else their connections would idle on, and the server with them
    for (const response of inFlight) if (!response.headersSent) response.setHeader('Connection', 'close');
  });
}
