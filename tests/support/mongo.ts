import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, inject } from 'vitest';
import { freePorts, ReplicaSet, type ReplicaSetOptions } from '../../scripts/mongo-replica-set.ts';
import type { Mongod } from '../../scripts/mongod.ts';
import type {} from './mongo-global-setup.ts';

function provided(): { uri: string; mongod: Mongod } {
  const mongo = inject('mongo');
  if (mongo) return mongo;
  throw new TypeError('there is no MongoDB in this run: use describeWithMongo');
}

/** The run's single-node replica set. Each test uses its own database, from `freshDatabaseName()`. */
export function mongoUri(): string {
  return provided().uri;
}

export function mongod(): Mongod {
  return provided().mongod;
}

/** A `describe` that is skipped if there is no mongod. */
export function describeWithMongo(name: string, define: () => void): void {
  const mongo = inject('mongo');
  if (mongo === undefined) throw new TypeError('this project runs without mongo-global-setup.ts');
  describe.skipIf(mongo === null)(name, define);
}

let databases = 0;

/** A name that is unique across the test files of a run, which each have their own process. */
export function freshDatabaseName(): string {
  databases += 1;
  return `test_${process.pid}_${Date.now().toString(36)}_${databases}`;
}

/**
 * Starts a separate replica set, for tests that kill, freeze and restart its members.
 * Call `stop()` in `afterAll`, which also removes its data.
 */
export async function startReplicaSet(
  options: { nodes?: number } & Partial<Omit<ReplicaSetOptions, 'binary' | 'directory' | 'temporary'>> = {},
): Promise<ReplicaSet> {
  const { nodes = 3, ...others } = options;
  const directory = await mkdtemp(join(tmpdir(), 'passbook-mongo-'));
  const replicaSet = new ReplicaSet({
    ports: await freePorts(nodes),
    electionTimeoutMs: 2000,
    cacheSizeGb: 0.25,
    setParameters: { enableTestCommands: 1, diagnosticDataCollectionEnabled: false },
    ...others,
    binary: mongod().path,
    directory,
    temporary: true,
  });
  await replicaSet.start();
  return replicaSet;
}
