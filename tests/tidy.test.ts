import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { commentsOf } from './support/comments.ts';

/** Holds the prose of the repository to the rules in CONTRIBUTING.md. */

const root = new URL('../', import.meta.url);

/** A clause that starts with a bare relative pronoun has no subject that a reader can see. */
const HEADLESS = /(?:^|[.;:,] )(?:what|who|whoever|whatever)\b(?![^.?]*\?)/i;
const HEADLESS_SHARE = 0.01;

/** Idioms that readers stumble over. Only this file names them. */
const BANNED =
  /\b(?:whoever|so many|tells of|is told|asked after|goes along|in vain|lets go|for good|rests on it|what is there|as it is)\b/i;

/** A docstring starts with a noun phrase or a verb in the third person. */
const ODD_OPENING = /^(?:What|Who|Whoever|Whatever|Of|As|So many)\b/;

type Line = { readonly at: string; readonly text: string };

function filesBelow(folder: string, ending: RegExp): readonly string[] {
  return readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
    .map((path) => `${folder}${path.replaceAll('\\', '/')}`)
    .filter((path) => ending.test(path) && !path.includes('node_modules/') && !path.includes('/golden/'));
}

function textOf(path: string): string {
  return readFileSync(new URL(path, root), 'utf8');
}

function commentLinesIn(paths: readonly string[]): readonly Line[] {
  return paths.flatMap((path) =>
    commentsOf(textOf(path)).flatMap(({ lines, line }) =>
      lines.map((text, index) => ({ at: `${path}:${line + index}`, text })),
    ),
  );
}

const source = filesBelow('src/', /\.(?:ts|tsx|mjs)$/);
const tests = filesBelow('tests/', /\.ts$/).filter((path) => path !== 'tests/tidy.test.ts');
const programs = ['scripts/', 'bench/', 'examples/'].flatMap((folder) =>
  filesBelow(folder, /\.(?:ts|mjs|py)$/),
);
const documents = [
  ...readdirSync(root, 'utf8').filter((path) => path.endsWith('.md')),
  ...filesBelow('docs/', /\.md$/),
  'bench/README.md',
];

describe('the prose', () => {
  test('has a subject in its clauses: at most one comment line in a hundred lacks one', () => {
    const lines = commentLinesIn(source);
    const headless = lines.filter(({ text }) => HEADLESS.test(text));
    expect(lines.length).toBeGreaterThan(1_000);
    expect(headless.length / lines.length, list(headless)).toBeLessThanOrEqual(HEADLESS_SHARE);
  });

  test('opens docstrings with a noun phrase or a verb', () => {
    const odd = source.flatMap((path) =>
      commentsOf(textOf(path))
        .filter(({ isDocstring, lines }) => isDocstring && ODD_OPENING.test(lines[0] ?? ''))
        .map(({ line, lines }) => ({ at: `${path}:${line}`, text: lines[0] ?? '' })),
    );
    expect(odd).toEqual([]);
  });

  test.for([
    ['source', source],
    ['tests', tests],
    ['programs', programs],
    ['documents', documents],
  ] as const)('has no private idioms in its %s', ([, paths]) => {
    const found = paths.flatMap((path) =>
      textOf(path)
        .split('\n')
        .flatMap((text, index) =>
          BANNED.test(text) ? [{ at: `${path}:${index + 1}`, text: text.trim() }] : [],
        ),
    );
    expect(found).toEqual([]);
  });

  test('catches what it is for', () => {
    expect(HEADLESS.test('What is there counts')).toBe(true);
    expect(HEADLESS.test('It waits, whoever asks')).toBe(true);
    expect(HEADLESS.test('The caller who asks first')).toBe(false);
    expect(HEADLESS.test('Who is there?')).toBe(false);
    expect(BANNED.test('rests on it')).toBe(true);
    expect(ODD_OPENING.test('Of a transfer')).toBe(true);
    expect(ODD_OPENING.test('Offers')).toBe(false);
  });
});

describe('the names', () => {
  test('are exported once each', () => {
    const owners = new Map<string, string[]>();
    for (const path of source) {
      for (const [, name] of textOf(path).matchAll(EXPORT)) {
        if (name) owners.set(name, [...(owners.get(name) ?? []), path]);
      }
    }
    expect([...owners].filter(([, paths]) => paths.length > 1)).toEqual([]);
  });
});

const EXPORT = /^export (?:async )?(?:abstract )?(?:function\*?|class|type|interface|const) (\w+)/gm;

function list(lines: readonly Line[]): string {
  return lines.map(({ at, text }) => `${at} ${text}`).join('\n');
}
