import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { makeSampleBank } from '../../../scripts/api-docs/sample-bank.ts';
import { startServer } from '../../../src/adapters/http/index.ts';

const root = new URL('../../../', import.meta.url);
const system = { name: 'System', email: 'system@bank.example', password: 'correct horse battery' };

type Values = Map<string, string>;

/** Keeps the values of an answer that the file names, in the way of the editor that it is for. */
type Keep = (block: string, answer: string, values: Values) => void;

const vscode: Keep = (block, answer, values) => {
  const [, name] = /^# @name (\w+)$/m.exec(block) ?? [];
  if (name === undefined) return;
  for (const [path, value] of leavesOf(JSON.parse(answer)))
    values.set(`${name}.response.body.$.${path}`, value);
};

const jetbrains: Keep = (block, answer, values) => {
  const sets = block.matchAll(/client\.global\.set\('(\w+)', response\.body\.([\w.]+)\);/g);
  for (const [, name = '', path] of sets) {
    const leaf = leavesOf(JSON.parse(answer)).find(([one]) => one === path);
    if (leaf) values.set(name, leaf[1]);
  }
};

function leavesOf(value: unknown, path = ''): [path: string, value: string][] {
  if (typeof value !== 'object' || value === null) return [[path, String(value)]];
  return Object.entries(value).flatMap(([key, one]) => leavesOf(one, path === '' ? key : `${path}.${key}`));
}

test.for([
  ['requests.http', vscode],
  ['requests.jetbrains.http', jetbrains],
] as const)('%s is sent in order, twice, and each answer has the expected status', async ([file, keep]) => {
  const { app, bank, advance } = makeSampleBank();
  advance(Date.now() - Date.parse('2026-11-02T09:00:00Z'));
  await bank.registerUser(system);
  await bank.grantRole(system.email, 'system');
  const server = await startServer({ app, port: 0, host: '127.0.0.1' });

  const [head = '', ...blocks] = readFileSync(new URL(file, root), 'utf8').split(/^### /m);
  expect(blocks.length).toBeGreaterThan(50);
  for (const run of ['1', '2']) {
    const values: Values = new Map(
      [...head.matchAll(/^@(\w+) = (.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
    );
    values.set('host', `http://127.0.0.1:${server.port}`).set('run', run);
    values.set('systemEmail', system.email).set('systemPassword', system.password);
    for (const block of blocks) {
      advance(1_000);
      const { title, expected, request } = parsed(block, values);
      const response = await fetch(request);
      const answer = await response.text();
      expect({ title, status: response.status, answer }).toEqual({ title, status: expected, answer });
      keep(block, answer, values);
    }
  }
  await server.close();
});

/** Reads a block as the editors do: a title, comments, the request line, headers, an empty line, and the body. */
function parsed(block: string, values: Values) {
  const filled = block.replaceAll(/\{\{([^}]+)\}\}/g, (whole, name: string) => values.get(name) ?? whole);
  const [first = '', ...rest] = filled.split('\n');
  const [, title = '', status] = /^(.*) \((\d+)\)$/.exec(first) ?? [];
  const [top = '', ...others] = rest
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .split('\n\n');
  const body = others
    .filter((part) => !part.startsWith('> {%'))
    .join('\n\n')
    .trim();
  const [line = '', ...headers] = top.trim().split('\n');
  const [method = '', url = ''] = line.split(' ');
  const pairs = headers.map((header) => header.split(/: (.*)/).slice(0, 2) as [string, string]);
  const request = new Request(url, { method, headers: pairs, ...(body === '' ? {} : { body }) });
  return { title, expected: Number(status), request };
}
