/** Starts one single-node replica set for the whole run. Tests reach it through mongo.ts. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MongoMemoryReplSet } from 'mongodb-memory-server';
import type { TestProject } from 'vitest/node';
import { findMongod, type Mongod, MongodNotFoundError, mongodSources } from '../../scripts/mongod.ts';
import { memoryFolder } from './memory-folder.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Null if there is no mongod. */
    mongo: { uri: string; mongod: Mongod } | null;
  }
}

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const warn = (line: string) => console.error(line);
  const mongod = await mongodForTests({ find: () => findMongod(mongodSources({ note: warn })), warn });
  if (mongod === null) {
    project.provide('mongo', null);
    return undefined;
  }
  // In mongodb-memory-server the variable overrides the option, and may name a mongod that does not run
  process.env['MONGOMS_SYSTEM_BINARY'] = mongod.path;
  const dbPath = await mkdtemp(join(memoryFolder(), 'passbook-mongo-'));
  const replicaSet = await MongoMemoryReplSet.create({
    binary: { systemBinary: mongod.path, version: mongod.version },
    instanceOpts: [{ dbPath, launchTimeout: 60_000 }],
    replSet: {
      name: 'passbook',
      storageEngine: 'wiredTiger',
      args: [
        ['--setParameter', 'enableTestCommands=1'],
        ['--setParameter', 'diagnosticDataCollectionEnabled=false'],
        ['--wiredTigerCacheSizeGB', '0.5'],
      ].flat(),
      configSettings: { electionTimeoutMillis: 1000 },
    },
  });
  project.provide('mongo', { uri: replicaSet.getUri(), mongod });
  return async () => {
    await replicaSet.stop();
    await rm(dbPath, { recursive: true });
  };
}

/** Finds a mongod. Without one, returns null after a warning, or throws if CI is set: nothing is skipped unseen. */
export async function mongodForTests(options: {
  find: () => Promise<Mongod>;
  warn: (line: string) => void;
  env?: NodeJS.ProcessEnv;
}): Promise<Mongod | null> {
  const { find, warn, env = process.env } = options;
  try {
    return await find();
  } catch (error) {
    const inCi = Boolean(env['CI']) && env['CI'] !== 'false';
    if (inCi || !(error instanceof MongodNotFoundError)) throw error;
    warn(`!!! THE MONGODB TESTS ARE SKIPPED: ${error.message}`);
    return null;
  }
}
