import { afterEach, describe, expect, it } from 'vitest';
import { startMetricsServer } from '../../../src/adapters/metrics/index.ts';
import type { MetricsServer } from '../../../src/adapters/metrics/index.ts';

describe('the port of the metrics', () => {
  let server: MetricsServer | undefined;
  const faults: unknown[] = [];
  afterEach(() => server?.close());

  async function start(read: () => Promise<{ contentType: string; text: string }>): Promise<string> {
    const onFault = (fault: unknown) => faults.push(fault);
    server = await startMetricsServer({ read, port: 0, host: '127.0.0.1', onFault });
    return `http://127.0.0.1:${server.port}`;
  }

  it('serves the metrics without a token, and nothing else', async () => {
    const origin = await start(async () => ({ contentType: 'text/plain', text: 'up 1\n' }));
    const answer = await fetch(`${origin}/metrics?a=b`);
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([
      200,
      'text/plain',
      'up 1\n',
    ]);
    expect((await fetch(`${origin}/api/accounts`)).status).toBe(404);
    const posted = await fetch(`${origin}/metrics`, { method: 'POST' });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('answers 500 where the metrics cannot be read, and serves on', async () => {
    const fault = new Error('broken');
    let reads = 0;
    const origin = await start(async () => {
      if (reads++ === 0) throw fault;
      return { contentType: 'text/plain', text: 'up 1\n' };
    });
    const answer = await fetch(`${origin}/metrics`);
    expect([answer.status, await answer.text(), faults]).toEqual([500, '', [fault]]);
    expect((await fetch(`${origin}/metrics`)).status).toBe(200);
  });
});
