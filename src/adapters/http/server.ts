import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { getRequestListener, RequestError } from '@hono/node-server';
import type { App } from './app.ts';
import { problemOf } from './responses/problem.ts';
import { SlowReaders } from './requests/slow-readers.ts';

export type ServerLimits = {
  /** Size of all headers of a request. A larger head is answered with 431. */
  readonly headerBytes: number;
  /** Time for a request's headers to arrive. */
  readonly headersMs: number;
  /** Time for the whole request to arrive. */
  readonly requestMs: number;
  /** Interval of the check for slow requests. */
  readonly checkMs: number;
  /** How long an idle connection is kept. */
  readonly keepAliveMs: number;
  /** Maximum of open connections. Beyond it, new ones are closed, and idle ones too to make room. */
  readonly connections: number;
  /** How long a client may read nothing of a response. Checked at intervals, so it may take up to twice this. */
  readonly unreadMs: number;
  /** Time for requests in flight to finish once the server closes. */
  readonly closeMs: number;
};

const DEFAULT_LIMITS: ServerLimits = {
  headerBytes: 16 * 1024,
  headersMs: 10_000,
  requestMs: 30_000,
  checkMs: 1_000,
  // Longer than load balancers keep theirs: otherwise they may send into a closing connection
  keepAliveMs: 65_000,
  connections: 4_000,
  unreadMs: 120_000,
  closeMs: 10_000,
};

/** Shortest time between two closings of idle connections that make room for new ones. */
const ROOM_MS = 1_000;

export type RunningServer = {
  readonly port: number;
  /**
   * Stops accepting, ends idle connections at once, and waits for requests in flight. Cuts them off after `closeMs`.
   */
  close(): Promise<void>;
};

/**
 * Serves the app over HTTP. Port 0 takes any free port. Rejects if it cannot listen on the address.
 * Replaces the global `Request` and `Response` with lighter ones: @hono/node-server does so.
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

/** Closes idle connections when the server is full, so that a client that hoards them keeps nobody out. */
function makeRoom(server: Server): () => void {
  let madeAt = -ROOM_MS;
  return () => {
    const now = performance.now();
    if (now - madeAt < ROOM_MS) return;
    madeAt = now;
    server.closeIdleConnections();
  };
}

/** Answers a request that never reached the app, because its target and host make no URL. */
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

/** Answers input that is not HTTP, has too large a head or is too slow. There is a socket, but no request. */
function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = problemOf(
    'invalid_request',
    {},
    { status: STATUS_OF_CLIENT_ERROR[error.code ?? ''] ?? 400 },
  );
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
    // Otherwise these connections stay open, and the server does not close
    for (const response of inFlight) if (!response.headersSent) response.setHeader('Connection', 'close');
  });
}
