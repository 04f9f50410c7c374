/** Asks a bank over HTTP, outside the measured time. */
import { HttpConnection } from './http-connection.ts';
import type { HttpRequest } from './http-connection.ts';

export type Asking = <T>(request: HttpRequest) => Promise<T>;

export function post<T>(
  ask: Asking,
  path: string,
  body: object,
  more: Pick<HttpRequest, 'token' | 'from'> = {},
): Promise<T> {
  return ask<T>({ ...more, method: 'POST', path, body: JSON.stringify(body) });
}

/** Eight at a time, each over a connection of its own. */
export async function inParallel<T>(
  items: readonly T[],
  port: number,
  work: (item: T, ask: Asking) => Promise<unknown>,
): Promise<void> {
  const left = items.values();
  const lanes = Array.from({ length: 8 }, async () => {
    const connection = await HttpConnection.open(port);
    try {
      for (const item of left) await work(item, (request) => askOn(connection, request));
    } finally {
      connection.close();
    }
  });
  await Promise.all(lanes);
}

async function askOn<T>(connection: HttpConnection, request: HttpRequest): Promise<T> {
  const { status, body } = await connection.send(request);
  if (status >= 300) throw new Error(`${request.method} ${request.path}: ${status} ${body}`);
  return JSON.parse(body) as T;
}
