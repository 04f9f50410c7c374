import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import manifest from '../package.json' with { type: 'json' };
import { CONFIG_NAMES } from '../src/config.ts';

/** Holds the image, the compose files, the unit and the workflows to the repository that they run. */

const root = new URL('../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
const names: readonly string[] = CONFIG_NAMES;

type Service = {
  readonly build?: string;
  readonly env_file: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly stop_grace_period?: string;
};
type Compose = {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, null>>;
};
type Step = {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, string>>;
};
type Job = {
  readonly steps: readonly Step[];
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly string[]>> };
};

const composePaths = ['deploy/compose.yaml', 'deploy/compose.mongo.yaml'] as const;
const composeOf = (path: string) => parse(read(path), { merge: true }) as Compose;
const workflows = readdirSync(new URL('.github/workflows/', root)).map((path) => `.github/workflows/${path}`);
const jobs = workflows.flatMap((path) =>
  Object.values((parse(read(path)) as { readonly jobs: Readonly<Record<string, Job>> }).jobs),
);
const steps = jobs.flatMap((job) => job.steps);
const dockerfile = read('Dockerfile').replaceAll('\\\n', '');
const unit = read('deploy/passbook.service');

/** Whether a name is that of a secret, by its ending or by a password in a URL. */
const isSecret = (name: string) => /(?:SECRET|PASSWORD|PASS|KEY|TOKEN|URL|URI)$/.test(name);
const oldestNode = manifest.engines.node.replace(/^>=(\d+).*$/, '$1');

/** Variables that a file of `NAME=value` lines sets, commented lines left out. */
function assignmentsIn(text: string): readonly (readonly [name: string, value: string])[] {
  return [...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value] as const);
}

/** Values of a key of the unit, which may be there more than once. */
function unitValues(key: string): readonly string[] {
  return [...unit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) => value);
}

function missing(paths: readonly string[]): readonly string[] {
  return paths.filter((path) => !existsSync(new URL(path, root)));
}

describe('the image', () => {
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths = '']) =>
    paths.split(' '),
  );

  test('copies files that exist and that .dockerignore lets through', () => {
    const allowed = [...read('.dockerignore').matchAll(/^!(\S+)$/gm)].map(([, path = '']) => path);
    expect(copied.length).toBeGreaterThan(5);
    expect(missing(copied)).toEqual([]);
    expect(copied.filter((path) => !allowed.includes(path.split('/')[0] ?? ''))).toEqual([]);
    expect(missing(allowed)).toEqual([]);
  });

  test('runs a version of Node that the package supports, as a user without rights', () => {
    const versions = [...dockerfile.matchAll(/^FROM node:(\d+)/gm)].map(([, version]) => Number(version));
    expect(versions).toHaveLength(2);
    expect(Math.min(...versions)).toBeGreaterThanOrEqual(Number(oldestNode));
    expect(dockerfile).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m);
  });

  test('starts Node as npm start does, with no shell between', () => {
    const [, command = ''] = /^CMD (\[.*\])$/m.exec(dockerfile) ?? [];
    expect((JSON.parse(command) as readonly string[]).join(' ')).toBe(manifest.scripts.start);
    const [start = ''] = unitValues('ExecStart');
    expect(start).toBe(`/usr/bin/${manifest.scripts.start}`);
  });

  test('sets variables that the server reads', () => {
    const [, line = ''] = /^ENV (.*)$/m.exec(dockerfile) ?? [];
    const set = line.split(' ').map((pair) => pair.split('=')[0]);
    expect(set).toEqual(['NODE_ENV', 'DATA_DIR']);
    expect(set.filter((name) => !names.includes(name ?? ''))).toEqual([]);
  });
});

describe.for(composePaths)('%s', (path) => {
  const compose = composeOf(path);
  const services = Object.values(compose.services);

  test('names files and volumes that exist', () => {
    const files = services.flatMap(({ env_file, build, volumes = [] }) => [
      posix.join('deploy', `${env_file}.example`),
      ...(build === undefined ? [] : [posix.join('deploy', build, 'Dockerfile')]),
      ...volumes
        .filter((volume) => volume.startsWith('.'))
        .map((volume) => posix.join('deploy', volume.split(':')[0] ?? '')),
    ]);
    const named = services
      .flatMap(({ volumes = [] }) => volumes.filter((volume) => !volume.startsWith('.')))
      .map((volume) => volume.split(':')[0] ?? '');
    expect(files.length).toBeGreaterThanOrEqual(services.length);
    expect(missing(files)).toEqual([]);
    expect(named.toSorted()).toEqual(Object.keys(compose.volumes).toSorted());
  });

  test('sets variables of the bank that the server reads, and no secret', () => {
    const { bank } = compose.services;
    const set = Object.keys(bank?.environment ?? {});
    expect(set.length).toBeGreaterThan(0);
    expect(set.filter((name) => !names.includes(name))).toEqual([]);
    const everywhere = services.flatMap(({ environment = {} }) => Object.keys(environment));
    expect(everywhere.filter(isSecret)).toEqual([]);
    expect(read(path)).not.toMatch(/:\/\/[^\s/]*:[^\s/]*@/);
  });

  test('lets the bank stop before its time is over', () => {
    const { bank } = compose.services;
    expect(Number.parseInt(bank?.stop_grace_period ?? '', 10)).toBeGreaterThan(
      Number(bank?.environment?.['SHUTDOWN_SECONDS']),
    );
  });

  test('waits for services that it has', () => {
    const awaited = services.flatMap((service) => Object.keys(service.depends_on ?? {}));
    expect(awaited.filter((name) => !(name in compose.services))).toEqual([]);
  });
});

describe('the files of settings', () => {
  test('name variables that the server reads, without a value', () => {
    const settings = assignmentsIn(read('deploy/bank.env.example'));
    expect(settings.length).toBeGreaterThan(5);
    expect(settings.filter(([name, value]) => !names.includes(name) || value !== '')).toEqual([]);
  });

  test('name the variables that the replica set reads, without a value', () => {
    const settings = assignmentsIn(read('deploy/mongo.env.example'));
    const readers = read('deploy/mongo-initiate.js') + read('deploy/compose.mongo.yaml');
    expect(settings.length).toBe(3);
    expect(settings.filter(([name, value]) => !readers.includes(name) || value !== '')).toEqual([]);
  });
});

describe('the unit', () => {
  test('sets variables that the server reads, and no secret', () => {
    const set = unitValues('Environment').flatMap((line) =>
      line.split(' ').map((pair) => pair.split('=')[0]),
    );
    expect(set.length).toBeGreaterThan(3);
    expect(set.filter((name = '') => !names.includes(name) || isSecret(name))).toEqual([]);
  });

  test('lets the server stop before its time is over, and compile', () => {
    const [, seconds] = /SHUTDOWN_SECONDS=(\d+)/.exec(unit) ?? [];
    expect(Number(unitValues('TimeoutStopSec')[0])).toBeGreaterThan(Number(seconds));
    expect(unitValues('MemoryDenyWriteExecute')).toEqual(['no']);
  });
});

describe('the workflows', () => {
  test('test the oldest Node that the package supports, and the one of the image', () => {
    const versions = jobs.flatMap((job) => job.strategy?.matrix['node'] ?? []);
    const [, image = ''] = /^FROM node:(\d+)/m.exec(dockerfile) ?? [];
    expect(versions).toContain(oldestNode);
    expect(versions).toContain(image);
    const others = steps.flatMap((step) => step.with?.['node-version'] ?? []);
    expect(others.filter((version) => version !== image)).toEqual([]);
  });

  test('run scripts and files that exist', () => {
    const lines = steps.flatMap(({ run = '' }) => run.split('\n'));
    const scripts = lines.flatMap((line) => [...line.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name));
    const files = lines.flatMap((line) =>
      [...line.matchAll(/(?:^|\s)(\.ci\/\w+|deploy\/\S+?(?:\.yaml|\.example))/g)].map(
        ([, path = '']) => path,
      ),
    );
    expect(scripts.length).toBeGreaterThan(2);
    expect(scripts.filter((name = '') => !(name in manifest.scripts))).toEqual([]);
    expect(files.length).toBeGreaterThan(3);
    expect(missing(files)).toEqual([]);
  });

  test('pin each action to a major version', () => {
    const actions = steps.flatMap(({ uses }) => uses ?? []);
    expect(actions.length).toBeGreaterThan(3);
    expect(actions.filter((action) => !/^[\w-]+\/[\w-]+@v\d+$/.test(action))).toEqual([]);
  });
});
