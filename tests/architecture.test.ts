import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Import, importsOf, type Token, tokensOf } from './support/source-scanner.ts';

/** Source text by path below `src`. */
type Files = Readonly<Record<string, string>>;

const RULES = {
  domain: 'domain imports nothing but domain',
  application: 'application imports nothing but domain and application',
  adapters: 'an adapter imports domain, application, adapters/shared, itself and packages',
  client: 'client loads nothing but itself and domain/money, and takes types from domain and the HTTP API',
  floors: 'a folder of domain imports only the folders below it',
  circles: 'no file imports itself, at any distance',
  crowded: 'a folder of domain or application has at most 15 files',
  outside: 'domain, application and adapters import neither client nor a file that stands beside them in src',
  container: 'container.ts alone imports tsyringe and reflect-metadata',
  embedding: 'what the package exports never reaches the container, the configuration or the programs',
  light: 'the ledger and the memory store load no other adapter, and no package but uuid',
  itself: 'source does not import the package by its own name',
  computed: 'the name of an imported module is not computed',
  folders: 'src has the folders domain, application, adapters, client, testing, commands and demo, and files',
  testing: 'only src/testing imports it, and vitest',
  ambient: 'domain and application take time, chance and environment from their ports',
  async: 'domain is synchronous',
} as const;

type Rule = keyof typeof RULES;
type Violation = { readonly rule: Rule; readonly at: string; readonly found: string };

const CONTAINER_PACKAGES = ['tsyringe', 'reflect-metadata'];
const NOT_FOR_EMBEDDERS = ['container.ts', 'config.ts', 'load-program.ts', 'main.ts', 'cli.ts'];
const LIGHT = ['index.ts', 'adapters/memory/index.ts'];
const LIGHT_LOADS =
  /^(?:adapters\/(?:memory\/|shared\/|system\.ts)|package (?:uuid$|node:)|(?!adapters\/|package ))/;
const FOLDERS = ['domain', 'application', 'adapters', 'client', 'testing', 'commands', 'demo'];
/** From the top down. Files beside the folders are the ground floor. */
const FLOORS = [
  'decisions',
  'verification',
  'books',
  'integrity',
  'reporting',
  'entities',
  'payees',
  'money',
];
const FILES_IN_A_FOLDER = 15;
const AMBIENT = ['process', 'crypto', 'performance', 'globalThis'];
const ASYNC = [
  'async',
  'await',
  'Promise',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'fetch',
];

const root = new URL('../', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
  name: string;
  exports: Record<string, { default: string }>;
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
};
const entries = Object.values(manifest.exports).map((entry) =>
  entry.default.replace(/^\.\/dist\/(.*)\.js$/, '$1.ts'),
);

function violationsIn(files: Files): Violation[] {
  const scanned = Object.entries(files).map(([path, source]) => {
    const tokens = tokensOf(source);
    return { path, tokens, imports: importsOf(tokens) };
  });
  const graph = new Map(
    scanned.map(({ path, imports }) => [
      path,
      imports.map(({ specifier }) => targetOf(path, specifier ?? '')),
    ]),
  );

  return [
    ...scanned.flatMap(({ path, tokens, imports }) => [
      ...(isKnownPlace(path) ? [] : [{ rule: 'folders' as const, at: path, found: path }]),
      ...imports.flatMap((each) => {
        const rule = ruleBrokenBy(path, each);
        return rule
          ? [{ rule, at: `${path}:${each.line}`, found: each.specifier ?? 'a computed import' }]
          : [];
      }),
      ...wordsBreakingRules(path, tokens),
    ]),
    ...circlesIn(graph),
    ...crowdedFolders(Object.keys(files)),
    ...entries.flatMap((entry) =>
      [...reachableFrom(entry, graph)]
        .filter((path) => NOT_FOR_EMBEDDERS.includes(path))
        .map((path) => ({ rule: 'embedding' as const, at: entry, found: path })),
    ),
    ...LIGHT.flatMap((entry) =>
      [...reachableFrom(entry, graph)]
        .filter((path) => !LIGHT_LOADS.test(path))
        .map((path) => ({ rule: 'light' as const, at: entry, found: path })),
    ),
  ];
}

/** A path below `src`, or a package by its name. */
function targetOf(path: string, specifier: string): string {
  return specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : `package ${specifier}`;
}

/** A layer, one adapter, `beside` them in src, or a package. */
function zoneOf(target: string): string {
  if (target.startsWith('package ')) return 'package';
  const [top = '', next = '', ...deeper] = target.split('/');
  if (top === 'adapters' && next !== '') return deeper.length > 0 ? `adapters/${next}` : target;
  return ['domain', 'application', 'client'].includes(top) && next !== '' ? top : 'beside';
}

function ruleBrokenBy(path: string, { specifier, isType }: Import): Rule | undefined {
  const zone = zoneOf(path);
  const layer = zone.startsWith('adapters/') ? 'adapters' : zone;
  if (specifier === undefined) return layer === 'beside' ? undefined : 'computed';

  const target = targetOf(path, specifier);
  const targetZone = zoneOf(target);
  if (isOf([manifest.name], specifier)) return 'itself';
  if (isOf(CONTAINER_PACKAGES, specifier) && path !== 'container.ts') return 'container';
  if (!isForTests(path) && (isForTests(target) || isOf(['vitest'], specifier))) return 'testing';
  if (layer === 'domain' && targetZone === 'domain' && floorOf(target) < floorOf(path)) return 'floors';
  if (layer === 'beside' || targetZone === zone) return undefined;
  if (layer === 'client') return mayReach(path, { target, isType }) ? undefined : 'client';
  if (targetZone === 'beside' || targetZone === 'client') return 'outside';

  switch (layer) {
    case 'domain':
      return 'domain';
    case 'application':
      return targetZone === 'domain' ? undefined : 'application';
    default:
      return ['domain', 'application', 'adapters/shared', 'package'].includes(targetZone)
        ? undefined
        : 'adapters';
  }
}

/** Whether a file of the client may import the target, so that it runs in a browser and needs no package. */
function mayReach(path: string, { target, isType }: { target: string; isType: true | undefined }): boolean {
  if (target.startsWith('domain/money/')) return true;
  if (target.startsWith('package node:')) return path === 'client/node.ts';
  return isType === true && /^(?:domain\/|adapters\/http\/api\/|package valibot$)/.test(target);
}

/** 0 is the top. An unknown folder counts as the top, so that nothing below may import it. */
function floorOf(path: string): number {
  const [, folder = '', file] = path.split('/');
  return file === undefined ? FLOORS.length : Math.max(0, FLOORS.indexOf(folder));
}

function circlesIn(graph: ReadonlyMap<string, readonly string[]>): Violation[] {
  return [...graph.keys()].flatMap((path): Violation[] => {
    const back = (graph.get(path) ?? []).find((target) => reachableFrom(target, graph).has(path));
    return back === undefined ? [] : [{ rule: 'circles', at: path, found: back }];
  });
}

function crowdedFolders(paths: readonly string[]): Violation[] {
  const counts = new Map<string, number>();
  for (const path of paths) counts.set(posix.dirname(path), (counts.get(posix.dirname(path)) ?? 0) + 1);
  return [...counts].flatMap(([folder, count]): Violation[] => {
    const isHeld = ['domain', 'application'].includes(folder.split('/')[0] ?? '');
    return isHeld && count > FILES_IN_A_FOLDER
      ? [{ rule: 'crowded', at: folder, found: `${count} files` }]
      : [];
  });
}

function wordsBreakingRules(path: string, tokens: readonly Token[]): Violation[] {
  const zone = zoneOf(path);
  if (zone !== 'domain' && zone !== 'application') return [];

  return tokens.flatMap((token, index): Violation[] => {
    const text = (offset: number) => tokens[index + offset]?.text;
    const isName = text(-1) === '.' || text(1) === ':';
    if (token.kind !== 'word' || isName) return [];
    const at = `${path}:${token.line}`;
    const found = token.text;

    if (zone === 'domain' && ASYNC.includes(found)) return [{ rule: 'async', at, found }];
    // A method may be called `process`; the global is an object and never called.
    if (AMBIENT.includes(found) && text(1) !== '(') return [{ rule: 'ambient', at, found }];
    if (found === 'Math' && text(1) === '.' && text(2) === 'random') return [{ rule: 'ambient', at, found }];
    if (found !== 'Date') return [];

    const readsClock =
      text(-1) === 'new'
        ? text(1) !== '(' || text(2) === ')'
        : text(1) === '(' || (text(1) === '.' && text(2) === 'now');
    return readsClock ? [{ rule: 'ambient', at, found }] : [];
  });
}

function reachableFrom(entry: string, graph: ReadonlyMap<string, readonly string[]>): Set<string> {
  const seen = new Set<string>();
  const waiting = [entry];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    waiting.push(...(graph.get(path) ?? []));
  }
  return seen;
}

function isOf(packages: readonly string[], specifier: string): boolean {
  return packages.some((name) => specifier === name || specifier.startsWith(`${name}/`));
}

function isForTests(path: string): boolean {
  return path.startsWith('testing/');
}

function isKnownPlace(path: string): boolean {
  const [top = '', ...rest] = path.split('/');
  return rest.length === 0 || FOLDERS.includes(top);
}

function readSource(): Files {
  const src = new URL('src/', root);
  const paths = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => /\.[cm]?[jt]sx?$/.test(path));
  return Object.fromEntries(paths.map((path) => [path, readFileSync(new URL(path, src), 'utf8')]));
}

describe('the source', () => {
  const files = readSource();
  const violations = violationsIn(files);

  test('is there to be walked', () => {
    const domain = Object.keys(files).filter((path) => zoneOf(path) === 'domain');
    expect(domain).not.toEqual([]);
    const imports = domain.flatMap((path) => importsOf(tokensOf(files[path] ?? '')));
    expect(imports).not.toEqual([]);
  });

  test.for(Object.entries(RULES))('%s: %s', ([rule]) => {
    expect(violations.filter((violation) => violation.rule === rule)).toEqual([]);
  });

  test('imports every package that the manifest lists, and no other', () => {
    const imported = Object.values(files)
      .flatMap((source) => importsOf(tokensOf(source)))
      .flatMap(({ specifier = '.' }): string[] => /^(?!node:)(?:@[^/]+\/)?[^./][^/]*/.exec(specifier) ?? []);
    const { dependencies, peerDependencies } = manifest;
    // Its files are served from where the package lies
    imported.push('swagger-ui-dist', 'htmx.org', '@expo-google-fonts/noto-sans', 'dejavu-fonts-ttf');
    expect(new Set(imported)).toEqual(new Set(Object.keys({ ...dependencies, ...peerDependencies })));
  });
});

/** Each breaks one rule, once. */
const PLANTS: readonly (readonly [Rule, string, Files])[] = [
  [
    'domain',
    'a type from application',
    { 'domain/a.ts': `import type { Clock } from '../application/ports.ts'` },
  ],
  ['domain', 'an adapter', { 'domain/a.ts': `import { store } from '../adapters/memory/store.ts'` }],
  ['domain', 'a module of Node', { 'domain/a.ts': `import { createHash } from 'node:crypto'` }],
  ['domain', 'a module of Node without its prefix', { 'domain/a.ts': `import fs from 'fs'` }],
  ['domain', 'a package', { 'domain/a.ts': `import * as v from 'valibot'` }],
  ['domain', 'a package for its effect', { 'domain/a.ts': `import 'valibot'` }],
  [
    'domain',
    'a list over several lines',
    { 'domain/a.ts': `import {\n  v7, // ids\n  v4,\n} from\n  'uuid'` },
  ],
  ['domain', 'a re-export', { 'domain/a.ts': `export * from '../application/ports.ts'` }],
  ['domain', 'a re-exported type', { 'domain/a.ts': `export type { Clock } from '../application/ports.ts'` }],
  ['domain', 'a dynamic import', { 'domain/a.ts': 'const x = import(`../application/ports.ts`)' }],
  ['domain', 'an import in a template', { 'domain/a.ts': "const x = `${`${import('uuid')}`} import('b')`" }],
  ['domain', 'an import type', { 'domain/a.ts': `type Id = import('uuid').Uuid` }],
  ['domain', 'require', { 'domain/a.ts': `const fs = require('fs')` }],
  [
    'domain',
    'a file in a deeper folder',
    { 'domain/money/a.ts': `import { x } from '../../application/ports.ts'` },
  ],
  [
    'domain',
    'an import after a regular expression',
    { 'domain/a.ts': `const q = /['"\`/*]/\nimport 'uuid'` },
  ],
  ['domain', 'an import after a quotient', { 'domain/a.ts': `const q = a / b\nimport 'uuid' // c / d` }],
  [
    'application',
    'an adapter',
    { 'application/a.ts': `import { Store } from '../adapters/memory/store.ts'` },
  ],
  ['application', 'a package', { 'application/a.ts': `import { v7 } from 'uuid'` }],
  [
    'application',
    'a module of Node',
    { 'application/a.ts': `import { setTimeout } from 'node:timers/promises'` },
  ],
  [
    'floors',
    'a folder above',
    {
      'domain/books/a.ts': `import { decide } from '../decisions/decide.ts'`,
      'domain/decisions/decide.ts': '',
    },
  ],
  [
    'floors',
    'a folder, from a file beside the folders',
    { 'domain/time.ts': `import { x } from './money/money.ts'`, 'domain/money/money.ts': '' },
  ],
  [
    'floors',
    'a folder that has no floor',
    { 'domain/money/a.ts': `import { x } from '../other/b.ts'`, 'domain/other/b.ts': '' },
  ],
  [
    'crowded',
    'a sixteenth file',
    Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`domain/money/file${index}.ts`, ''])),
  ],
  [
    'client',
    'the routes, as a value',
    { 'client/a.ts': `import { o } from '../adapters/http/api/operations.ts'` },
  ],
  [
    'client',
    'the routes, as a type in a list of values',
    { 'client/a.ts': `import { type O } from '../adapters/http/api/operations.ts'` },
  ],
  [
    'client',
    'the errors of domain',
    { 'client/a.ts': `import { errorCatalogue } from '../domain/errors.ts'` },
  ],
  ['client', 'a type of application', { 'client/a.ts': `import type { V } from '../application/views.ts'` }],
  [
    'client',
    'a type of another adapter',
    { 'client/a.ts': `import type { S } from '../adapters/sqlite/s.ts'` },
  ],
  ['client', 'a package', { 'client/a.ts': `import * as v from 'valibot'` }],
  ['client', 'a module of Node', { 'client/a.ts': `import { open } from 'node:fs/promises'` }],
  ['client', 'the public core', { 'client/a.ts': `export type { Ledger } from '../index.ts'` }],
  [
    'outside',
    'the client, from an adapter',
    { 'adapters/http/a.ts': `import { c } from '../../client/c.ts'` },
  ],
  ['adapters', 'another adapter', { 'adapters/http/a.ts': `import { Store } from '../memory/store.ts'` }],
  ['adapters', 'an adapter of one file', { 'adapters/http/a.ts': `import { clock } from '../system.ts'` }],
  [
    'adapters',
    'an adapter, from one of one file',
    { 'adapters/system.ts': `import { x } from './http/app.ts'` },
  ],
  [
    'outside',
    'the container, from an adapter',
    { 'adapters/http/a.ts': `import { c } from '../../container.ts'` },
  ],
  [
    'outside',
    'the configuration, from application',
    { 'application/a.ts': `import { c } from '../config.ts'` },
  ],
  ['outside', 'the public core, from domain', { 'domain/a.ts': `import { c } from '../index.ts'` }],
  ['outside', 'a file that is not source', { 'adapters/http/a.ts': `import p from '../../../package.json'` }],
  ['container', 'from main', { 'main.ts': `import { container } from 'tsyringe'` }],
  ['container', 'its polyfill', { 'main.ts': `import 'reflect-metadata/lite'` }],
  ['container', 'from an adapter', { 'adapters/http/a.ts': `import { container } from 'tsyringe'` }],
  [
    'embedding',
    'the container, at second hand',
    { 'index.ts': `export { a } from './a.ts'`, 'a.ts': `import './container.ts'`, 'container.ts': '' },
  ],
  [
    'light',
    'a package of the server, from the ledger at second hand',
    { 'index.ts': `export { a } from './adapters/shared/a.ts'`, 'adapters/shared/a.ts': `import 'mongodb'` },
  ],
  ['light', 'another store, from the ledger', { 'index.ts': `export { s } from './adapters/sqlite/a.ts'` }],
  ['itself', 'one of its subpaths', { 'adapters/http/a.ts': `import { x } from '${manifest.name}/memory'` }],
  ['computed', 'a dynamic import', { 'adapters/http/a.ts': 'const x = import(`../${name}/store.ts`)' }],
  ['computed', 'an escaped name', { 'adapters/http/a.ts': String.raw`import '..\x2fmemory/store.ts'` }],
  ['folders', 'another one', { 'utils/a.ts': '' }],
  [
    'testing',
    'a fixture, from the public core',
    { 'index.ts': `import { x } from './testing/a.ts'`, 'testing/a.ts': '' },
  ],
  ['testing', 'vitest, from an adapter', { 'adapters/http/a.ts': `import { expect } from 'vitest'` }],
  ['ambient', 'Date.now()', { 'domain/a.ts': 'const now = Date.now()' }],
  ['ambient', 'new Date()', { 'application/a.ts': 'const now = new Date()' }],
  ['ambient', 'new Date', { 'application/a.ts': 'const now = new Date;' }],
  ['ambient', 'Date()', { 'domain/a.ts': 'const now = Date()' }],
  ['ambient', 'Math.random()', { 'domain/a.ts': 'const x = Math.random()' }],
  ['ambient', 'process.env', { 'application/a.ts': 'const x = { ...process.env }' }],
  ['ambient', 'process, taken apart', { 'application/a.ts': 'const { env } = process' }],
  ['ambient', 'crypto.randomUUID()', { 'application/a.ts': 'const id = crypto.randomUUID()' }],
  ['ambient', 'performance.now()', { 'domain/a.ts': 'const now = performance.now()' }],
  ['ambient', 'globalThis', { 'domain/a.ts': `const x = globalThis['Date']` }],
  ['ambient', 'Date.now() in a template', { 'domain/a.ts': 'const now = `at ${Date.now()}`' }],
  ['async', 'an async function', { 'domain/a.ts': 'export async function f() {}' }],
  ['async', 'await', { 'domain/a.ts': 'const x = await y' }],
  ['async', 'a promise as a type', { 'domain/a.ts': 'type X = Promise<void>' }],
  ['async', 'a timer', { 'domain/a.ts': 'setTimeout(f, 1)' }],
];

const INNOCENT: Files = {
  'domain/a.ts': `
    // import 'uuid'
    /* import { x } from 'valibot'; await Date.now() */
    import type { B } from './b.ts';
    export type { B };
    const text = 'import "uuid"' + "new Date()" + \`\\\` Promise \${pattern} async\`;
    const pattern = /import 'uuid' [/'"] await/;
    const date = new Date(text);
    const parsed = Date.parse(text) / 2;
    export const facts = { process: 1, async: 2, then: date.now };
  `,
  'domain/money/c.ts': `import { x } from '../a.ts'; export const from = x;`,
  'domain/books/d.ts': `import { from } from '../money/c.ts'; export { from };`,
  'adapters/shared/a.ts': `import { x } from '../../domain/a.ts'`,
  'adapters/mongo/a.ts': `import { x } from '../shared/a.ts'`,
  'application/a.ts': `
    import { x } from '../domain/a.ts';
    import { y } from './ports.ts';
    export async function f(outbox: Outbox) { await outbox.process(x, y) }
  `,
  'adapters/http/routes/a.tsx': `
    import { x } from '../../../domain/a.ts';
    import { y } from '../app.ts';
    import { Hono } from 'hono';
    export const page = <p>It's {Date.now()} o'clock</p>;
    const later = import('node:sqlite');
  `,
  'adapters/system.ts': `import { randomUUID } from 'node:crypto'; import type { Clock } from '../application/ports.ts'`,
  'client/a.ts': `
    import { x } from '../domain/money/c.ts';
    import type { x } from '../domain/a.ts';
    import type { Operations } from '../adapters/http/api/operations.ts';
    import type * as v from 'valibot';
  `,
  'client/node.ts': `import { open } from 'node:fs/promises'; import { x } from './a.ts'`,
  'container.ts': `import 'reflect-metadata/lite'; import { container } from 'tsyringe'; import './config.ts'`,
  'index.ts': `export { x } from './domain/a.ts'`,
  'testing/contract/a.ts': `import { it } from 'vitest'; import { x } from '../../adapters/shared/a.ts'`,
  'main.ts': `#!/usr/bin/env node\nimport { resolve } from './container.ts'`,
};

describe('a planted violation is caught', () => {
  test.for(PLANTS)('%s: %s', ([rule, , files]) => {
    expect(violationsIn(files).map((violation) => violation.rule)).toEqual([rule]);
  });

  test('circles: two files that import each other', () => {
    const files = {
      'domain/a.ts': `import type { B } from './b.ts'`,
      'domain/b.ts': `import type { A } from './a.ts'`,
    };
    expect(violationsIn(files)).toEqual([
      { rule: 'circles', at: 'domain/a.ts', found: 'domain/b.ts' },
      { rule: 'circles', at: 'domain/b.ts', found: 'domain/a.ts' },
    ]);
  });

  test('for every rule', () => {
    expect(new Set([...PLANTS.map(([rule]) => rule), 'circles'])).toEqual(new Set(Object.keys(RULES)));
  });

  test('and is found among innocent files, at its line', () => {
    const files = { ...INNOCENT, 'domain/z.ts': '/*\n*/\n\nimport {\n  v7,\n} from "uuid"' };
    expect(violationsIn(files)).toEqual([{ rule: 'domain', at: 'domain/z.ts:6', found: 'uuid' }]);
  });

  test('and what is allowed is left alone', () => {
    expect(violationsIn(INNOCENT)).toEqual([]);
  });
});
