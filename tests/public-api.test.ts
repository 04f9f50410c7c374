import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

/** Holds the face of the package: what an editor shows on hover, and the names that a caller can import. */

const root = new URL('../', import.meta.url);
const ledger = readFileSync(new URL('src/application/ledger.ts', root), 'utf8');
const embedding = readFileSync(new URL('docs/embedding.md', root), 'utf8');
const index = readFileSync(new URL('src/index.ts', root), 'utf8');
const client = readFileSync(new URL('src/client/client-interface.ts', root), 'utf8');
const clientOptions = readFileSync(new URL('src/client/client.ts', root), 'utf8');
const clientIndex = readFileSync(new URL('src/client/index.ts', root), 'utf8');

type Member = { readonly name: string; readonly docstring: string | undefined; readonly signature: string };

const MEMBER = /(?:^ {2}(\/\*\*(?:[^*]|\*(?!\/))*\*\/)\n)?^ {2}(?:readonly )?(\w+)\??([(:][^;]*);$/gm;

/** The members of a written interface or object type, each with its docstring. */
function membersOf(source: string, declaration: string): readonly Member[] {
  const start = source.indexOf(declaration);
  if (start < 0) throw new Error(`${declaration} is not declared`);
  const body = source.slice(start, source.indexOf('\n}', start));
  return [...body.matchAll(MEMBER)].map(([, docstring, name = '', signature = '']) => ({
    name,
    docstring,
    signature,
  }));
}

const WORD = /\b[A-Z]\w*\b/g;
/** Types of the language, and the names of generics. */
const BUILT_IN = ['Promise', 'Partial', 'Tx'];

function exportedNames(source: string): ReadonlySet<string> {
  const lists = [...source.matchAll(/export (?:type )?\{([^}]*)\}/g)].flatMap(([, list = '']) =>
    list.split(','),
  );
  const own = [...source.matchAll(/^export (?:function|type|const) (\w+)/gm)].map(([, name = '']) => name);
  return new Set([...lists.map((name) => name.trim().split(' as ').at(-1) ?? ''), ...own]);
}

function withoutDocstring(members: readonly Member[]): readonly string[] {
  return members.flatMap(({ name, docstring }) => (docstring === undefined ? [name] : []));
}

function unexported(members: readonly Member[], names: ReadonlySet<string>): readonly string[] {
  const used = members.flatMap(({ signature }) => signature.match(WORD) ?? []);
  return [...new Set(used)].filter((name) => !BUILT_IN.includes(name) && !names.has(name));
}

describe('the public API of the client', () => {
  const calls = [...membersOf(client, 'export interface Client {'), ...membersOf(client, 'SystemClient {')];
  const options = membersOf(clientOptions, 'export type ClientOptions = ');

  test('describes every call and every option', () => {
    expect(calls.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['transfer', 'settleOpenIntents', 'fundAccount', 'accountsOf']),
    );
    expect(calls.length).toBeGreaterThan(30);
    expect(options.map(({ name }) => name)).toContain('intents');
    expect(withoutDocstring([...calls, ...options])).toEqual([]);
  });

  test('exports by name every type in their signatures', () => {
    const exported = exportedNames(clientIndex);
    expect(unexported([...calls, ...options], exported)).toEqual([]);
  });
});

describe('the public API', () => {
  const members = membersOf(ledger, 'export interface Ledger<Tx = unknown> {');

  test('is found by this test', () => {
    expect(members.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['openAccount', 'transferFunds', 'verifyBooks', 'getTrialBalance', 'close']),
    );
    expect(members.length).toBeGreaterThan(30);
  });

  test('describes every member of the ledger', () => {
    expect(withoutDocstring(members)).toEqual([]);
  });

  test('is described to embedders, member by member', () => {
    const missing = members.filter(({ name }) => !new RegExp(`\`(?:ledger\\.)?${name}[\`(]`).test(embedding));
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  test('exports by name every type in the signatures of the ledger and of its options', () => {
    const options = membersOf(ledger, 'export type LedgerPorts<Tx = unknown> = {');
    expect(unexported([...members, ...options], exportedNames(index))).toEqual([]);
  });

  test('fails for a member without a docstring, and for a type without an exported name', () => {
    const planted = membersOf(
      'interface A {\n  /** Does. */\n  one(): B;\n\n  two(x: C): Promise<D>;\n}',
      'interface A {',
    );
    expect(withoutDocstring(planted)).toEqual(['two']);
    expect(unexported(planted, new Set(['B', 'C']))).toEqual(['D']);
  });
});
