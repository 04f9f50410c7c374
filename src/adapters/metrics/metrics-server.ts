import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Exposition } from './server-metrics.ts';

export type MetricsServer = {
  readonly port: number;
  /** Cuts off scrapes in progress. */
  close(): Promise<void>;
};

const PATH = '/metrics';

/**
 * Serves `/metrics` on a port of its own, to anyone who reaches it. Port 0 takes any free port.
 * @param onFault receives the error of a scrape, which is answered with 500
 */
export async function startMetricsServer({
  read,
  port,
  host,
  onFault,
}: {
  read: () => Promise<Exposition>;
  port: number;
  host: string;
  onFault: (error: unknown) => void;
}): Promise<MetricsServer> {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [path] = (request.url ?? '').split('?', 1);
    if (path !== PATH) return end(response, { status: 404 });
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      return end(response, { status: 405 });
    }
    try {
      end(response, { status: 200, ...(await read()) });
    } catch (error) {
      onFault(error);
      end(response, { status: 500 });
    }
  };
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) => {
    void answer(request, response);
  });
  server.maxConnections = 100;
  await listen(server, { port, host });
  return {
    port: portOf(server),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function end(
  response: ServerResponse,
  { status, contentType = 'text/plain; charset=utf-8', text = '' }: { status: number } & Partial<Exposition>,
): void {
  response.writeHead(status, { 'Content-Type': contentType, 'Cache-Control': 'no-store' }).end(text);
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
