import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { MongoClient } from 'mongodb';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { addBenchCommand } from '../../src/commands/bench-command.ts';
import { readConfig } from '../../src/config.ts';
import { describeWithMongo, mongoUri } from '../support/mongo.ts';

describeWithMongo('passbook bench', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'passbook-bench-'));
  });
  afterEach(async () => {
    onProgress = () => {};
    await rm(folder, { recursive: true });
  });

  let onProgress = () => {};
  async function bench(directory: string, ...args: string[]) {
    const said = { out: [] as string[], progress: [] as string[] };
    const program = new Command().exitOverride().configureOutput({ writeErr: () => {} });
    addBenchCommand(program, {
      config: () => readConfig({ DATA_DIR: directory }, { reader: 'commands' }),
      out: (line) => said.out.push(line),
      progress: (line) => {
        said.progress.push(line);
        onProgress();
      },
    });
    // Commander hands its settings to subcommands that exist by then
    program.commands.forEach((command) => command.exitOverride().configureOutput({ writeErr: () => {} }));
    await program.parseAsync(['bench', ...args], { from: 'user' });
    return said;
  }

  it('measures the disk, hashes and both stores, and leaves nothing behind', async () => {
    await writeFile(join(folder, 'passbook.db'), 'books of somebody');
    const { out, progress } = await bench(folder, '--seconds', '1', '--mongo-uri', mongoUri(), '--json');
    const { figures } = JSON.parse(out.join('')) as { figures: { name: string; value: number }[] };
    expect(figures.map(({ name }) => name)).toEqual([
      'fsync of 4 KiB',
      'SHA-256 of 300 characters',
      'passwords',
      ...['SQLite', 'MongoDB'].flatMap((store) =>
        [1, 64, 512].map((callers) => `${store}, ${callers} in flight`),
      ),
    ]);
    expect(progress).toHaveLength(figures.length);
    expect(figures.filter(({ value }) => !(value > 0))).toEqual([]);

    expect(await readdir(folder)).toEqual(['passbook.db']);
    expect(await readFile(join(folder, 'passbook.db'), 'utf8')).toBe('books of somebody');
    const client = new MongoClient(mongoUri());
    const { databases } = await client.db().admin().listDatabases({ nameOnly: true });
    await client.close();
    expect(databases.filter(({ name }) => name.startsWith(`passbook_bench_${process.pid}_`))).toEqual([]);
  });

  it('prints a table, and removes the folders that it made', async () => {
    const { out } = await bench(join(folder, 'new', 'data'), '--seconds', '1');
    expect(out[0]).toMatch(/^measured +here +documented +meaning$/);
    expect(out[4]).toMatch(/^SQLite, 1 in flight +[\d,.]+ transfers\/s +1,735 +one caller/);
    expect(await readdir(folder)).toEqual([]);
  });

  it('ends early on a signal, and removes its data too', async () => {
    const others = process.listeners('SIGINT');
    onProgress = () => {
      // As the system would call it, without those of the test runner
      for (const listener of process.listeners('SIGINT')) if (!others.includes(listener)) listener('SIGINT');
    };
    await expect(bench(folder, '--seconds', '3600')).rejects.toThrow('interrupted');
    expect(await readdir(folder)).toEqual([]);
  });

  it('refuses times that are none', async () => {
    await expect(bench(folder, '--seconds', '0')).rejects.toThrow('It must be an integer from 1 to 3600');
  });
});
