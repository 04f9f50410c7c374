import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const readme = readFileSync(`${root}examples/README.md`, 'utf8');
const run = promisify(execFile);

/** The last words of each program's output. */
const LAST_WORDS: Readonly<Record<string, string>> = {
  wallet: 'the piano: insufficient_funds',
  marketplace: 'one shipped, one cancelled: fees 320, held 0',
  'loyalty-points': '60000 more: exceeds_maximum_balance',
  'better-auth': 'available: 7450',
};

describe('the page of the examples', () => {
  test('has a row for each folder', () => {
    const folders = readdirSync(`${root}examples`, { withFileTypes: true }).filter((one) =>
      one.isDirectory(),
    );
    const rows = [...readme.matchAll(/^\| \[([\w-]+)\]/gm)].map(([, name]) => name ?? '');
    expect(rows.toSorted()).toEqual(folders.map(({ name }) => name).toSorted());
  });

  test.for(Object.entries(LAST_WORDS))('gives a command that runs: %s', async ([name, words]) => {
    const [, command = ''] = new RegExp(`^\\| \\[${name}\\].*\`node (.*)\` \\|$`, 'm').exec(readme) ?? [];
    const { stdout } = await run(process.execPath, command.split(' '), { cwd: root });
    expect(stdout).toContain(words);
  });
});
