import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openMongoStore } from '../../src/adapters/mongo/index.ts';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import type { StoreConfig } from '../../src/config.ts';
import { TestBank } from '../../src/testing/fixtures/bank.ts';
import { FixedClock } from '../../src/testing/fixtures/builders.ts';
import { collectGarbage } from '../../src/testing/fixtures/garbage.ts';
import { describeWithMongo, freshDatabaseName, mongoUri } from '../support/mongo.ts';
import { Program } from '../support/program.ts';
import { variedBank } from '../support/varied-bank.ts';
import type { KilledCopy } from './support/copying-program.ts';

/** Pages of accounts and of transfers. */
const KILLED_AT = [9, 14];

type Kept = KilledCopy['from'];

describeWithMongo('a copy whose process is killed repeatedly', () => {
  const clock = new FixedClock();
  let folder: string;
  let original: Extract<Kept, { kind: 'sqlite' }>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'passbook-copy-kill-'));
    original = { kind: 'sqlite', path: join(folder, 'original.db') };
    const store = await openSqliteStore({ path: original.path, clock });
    const bank = new TestBank({ store, clock });
    await variedBank(bank, store);
    await bank.ledger.close();
    await store.close();
    await collectClosedStores();
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** On Node 20 the files of a closed store stay locked until its statements are collected. */
  async function collectClosedStores(): Promise<void> {
    for (let round = 0; round < 3; round++) {
      await setImmediate();
      collectGarbage();
    }
  }

  async function killRepeatedly(from: Kept, to: Kept): Promise<void> {
    for (const killedAtPage of KILLED_AT) {
      const copy: KilledCopy = { from, to, killedAtPage };
      const program = new Program('tests/faults/support/copying-program.ts', {
        env: { TMPDIR: folder },
        args: [JSON.stringify(copy)],
      });
      const { signal } = await program.ended;
      expect({ signal, stderr: program.stderr }).toEqual({ signal: 'SIGKILL', stderr: '' });
      await expect(open(to)).rejects.toThrow(/A copy into .* was interrupted/);
      await collectClosedStores();
    }
  }

  function open(store: Exclude<StoreConfig, { kind: 'memory' }>): Promise<unknown> {
    return store.kind === 'mongo'
      ? openMongoStore({ uri: store.uri, clock, clockToleranceMs: Infinity })
      : openSqliteStore({ path: store.path, clock });
  }

  async function passbook(args: string[]): Promise<string> {
    const program = new Program('src/cli.ts', { args, env: { DATA_DIR: folder } });
    const { code } = await program.ended;
    expect({ code, error: program.stderr.match(/^passbook: .*/m)?.[0] }).toEqual({ code: 0 });
    return program.stdout;
  }

  it('is finished by the command, from SQLite to MongoDB and back', async () => {
    const database = { kind: 'mongo', uri: aUri() } as const;
    const back = { kind: 'sqlite', path: join(folder, 'back.db') } as const;
    await killRepeatedly(original, database);
    const there = await passbook(['copy', '--from', original.path, '--to', database.uri, '--json']);
    const report = JSON.parse(there) as { rows: Record<string, number>; entries: number };
    expect(report).toMatchObject({ ok: true, resumed: true, alreadyCopied: false });

    await killRepeatedly(database, back);
    expect(await passbook(['copy', '--from', database.uri, '--to', back.path])).toMatch(
      /^transfers +\d+\n(?:.*\n)*Wrote [\d,]+ rows in [\d.]+ s, checks included, after an interrupted copy\nThe copy is whole: every row is equal, trial balances of BHD, EUR, JPY, USD, and audit record \d+\n$/m,
    );
    const whole = JSON.parse(
      await passbook(['copy', '--from', original.path, '--to', back.path, '--json']),
    ) as unknown;
    const { rows, entries } = report;
    expect(whole).toMatchObject({ ok: true, alreadyCopied: true, written: 0, rows, entries });
  });

  function aUri(): string {
    return mongoUri().replace('/?', `/${freshDatabaseName()}?`);
  }
});
