import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { ApiClient } from '../../support/api-client.ts';
import { Program } from '../../support/program.ts';
import { samplesIn } from '../../support/samples.ts';

/** Registers the SDK of OpenTelemetry, as the operations guide shows it, with an exporter that prints. */
const TRACING = pathToFileURL(join(import.meta.dirname, '../../support/tracing.mjs')).href;

describe('the server program', () => {
  let folder: string;
  let program: Program;
  afterEach(async () => {
    await program.dispose();
    await rm(folder, { recursive: true });
  });

  it('serves metrics at a port of its own, and passes spans to an SDK that was loaded before it', async () => {
    folder = await mkdtemp(join(tmpdir(), 'passbook-watched-'));
    const env = { DATA_DIR: folder, PORT: '0', METRICS_PORT: '0' };
    program = new Program('src/main.ts', { env, imports: [TRACING] });
    const origin = await program.origin();
    const metrics = await program.until(() => /metrics: +(http:\S+)\n/.exec(program.stdout)?.[1]);
    await ApiClient.register(origin, {
      name: 'Ada',
      email: 'ada@example.com',
      password: 'a-good-passphrase',
    });

    expect((await fetch(`${origin}/metrics`)).status).toBe(404);
    const samples = samplesIn(await (await fetch(metrics)).text());
    const requests = 'passbook_http_requests_total{method="POST",route="/api/auth/register",status="2xx"}';
    expect(samples.get(requests)).toBe(1);
    const build = [...samples.keys()].find((name) => name.startsWith('passbook_build_info'));
    expect(build).toContain(`store="sqlite",node="${process.version}"`);
    expect(samples.get('nodejs_eventloop_lag_p99_seconds')).toBeDefined();
    await program.until(() => (program.stdout.includes('span POST /api/auth/register\n') ? true : undefined));

    program.kill('SIGTERM');
    expect(await program.ended).toEqual({ code: 0, signal: null });
    await expect(fetch(metrics)).rejects.toThrow();
  });
});
