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

/** The run's single-node replica set; each test takes a database of its own from `freshDatabaseName()`. */
export function mongoUri(): string {
  return provided().uri;
}

export function mongod(): Mongod {
  return provided().mongod;
}

/** `describe`, skipped where no mongod could be had. */
export function describeWithMongo(name: string, define: () => void): void {
  const mongo = inject('mongo');
  if (mongo === undefined) throw new TypeError('this project runs without mongo-global-setup.ts');
  describe.skipIf(mongo === null)(name, define);
}

let databases = 0;

/** Unique among the test files of a run too, as each runs in a process of its own. */
export function freshDatabaseName(): string {
  databases += 1;
  return `test_${process.pid}_${Date.now().toString(36)}_${databases}`;
}

/**
 * A replica set of one's own, for tests that kill, freeze and start its members again.
 * `stop()` it in `afterAll`: that removes its data too.
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
