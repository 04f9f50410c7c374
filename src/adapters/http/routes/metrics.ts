import { hash, timingSafeEqual } from 'node:crypto';
import { Hono } from 'hono';
import type { HttpEnv } from '../env.ts';
import { sendProblem } from '../responses/problem.ts';

export type MetricsRoute = {
  /** Secret of the reader, sent as a Bearer token. */
  readonly token: string;
  readonly read: () => Promise<{ readonly contentType: string; readonly text: string }>;
};

const REASON = 'Metrics are for their reader: send its token in the header "Authorization: Bearer TOKEN"';

/** The metrics of the server, for the holder of the token. */
export function metricsRoute({ token, read }: MetricsRoute) {
  const expected = digestOf(`Bearer ${token}`);
  return new Hono<HttpEnv>().get('/metrics', async (c) => {
    const presented = digestOf(c.req.header('Authorization') ?? '');
    // Digests have one length, so the comparison takes as long for every token
    if (!timingSafeEqual(presented, expected)) return sendProblem(c, 'unauthenticated', { reason: REASON });

    const { contentType, text } = await read();
    return c.body(text, 200, { 'Content-Type': contentType });
  });
}

function digestOf(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
