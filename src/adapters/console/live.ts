import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { omitAbsent } from '../shared/omit-absent.ts';
import type { PageEnv, SignedInPageEnv } from '../shared/page-edge.ts';
import type { ConsolePorts } from './ports.ts';

/** Then the page asks again, which proves that its session is still open. */
const STREAM_MS = 120_000;
/** Streams of one person at once. A further one ends the oldest. */
const STREAMS_MAX = 6;

/** An event stream that tells a page when an account of its reader has changed. It carries no data. */
export function liveRoutes({ edge, bank }: Pick<ConsolePorts, 'edge' | 'bank'>) {
  const open = new Map<string, AbortController[]>();
  const app = new Hono<SignedInPageEnv>().get('/live', edge.sessionRequired, (c) => {
    const { id } = c.get('caller');
    const since = c.req.query('since');
    const ending = new AbortController();
    begin(id, ending);
    c.header('X-Accel-Buffering', 'no');
    return streamSSE(c, async (stream) => {
      const timer = setTimeout(() => ending.abort(), STREAM_MS);
      stream.onAbort(() => ending.abort());
      try {
        await stream.write(': open\n\n');
        for await (const _ of bank.watchAccounts(id, ending.signal, omitAbsent({ since }))) {
          await stream.writeSSE({ event: 'changed', data: '' });
        }
      } finally {
        clearTimeout(timer);
        end(id, ending);
      }
    });
  });
  return app as unknown as Hono<PageEnv>;

  function begin(id: string, stream: AbortController): void {
    const streams = [...(open.get(id) ?? []), stream];
    if (streams.length > STREAMS_MAX) streams.shift()?.abort();
    open.set(id, streams);
  }

  function end(id: string, stream: AbortController): void {
    const left = (open.get(id) ?? []).filter((one) => one !== stream);
    if (left.length === 0) open.delete(id);
    else open.set(id, left);
  }
}
