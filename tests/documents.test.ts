import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, test } from 'vitest';

/** Links between the documents, and from source to a document. */

const root = new URL('../', import.meta.url);

type Documents = Readonly<Record<string, string>>;

function readDocuments(): Documents {
  const paths = [
    ...readdirSync(root, 'utf8'),
    ...readdirSync(new URL('docs/', root), { recursive: true, encoding: 'utf8' }).map(
      (path) => `docs/${path}`,
    ),
    'bench/README.md',
  ].map((path) => path.replaceAll('\\', '/'));
  const documents = paths.filter((path) => path.endsWith('.md'));
  return Object.fromEntries(documents.map((path) => [path, readFileSync(new URL(path, root), 'utf8')]));
}

const FENCE = /^```[^]*?^```/gm;
const LINK = /\]\(([^)\s]+)\)/g;

/** The anchor that GitHub gives a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

function anchorsIn(text: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  return new Set(
    [...text.replace(FENCE, '').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => {
      const anchor = anchorOf(heading.trim());
      const count = seen.get(anchor) ?? 0;
      seen.set(anchor, count + 1);
      return count === 0 ? anchor : `${anchor}-${count}`;
    }),
  );
}

function brokenLinks(documents: Documents, exists: (path: string) => boolean): readonly string[] {
  return Object.entries(documents).flatMap(([path, text]) =>
    [...text.replace(FENCE, '').matchAll(LINK)].flatMap(([, link = '']) => {
      if (/^[a-z]+:/.test(link)) return [];
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? path : posix.join(posix.dirname(path), file);
      const isFound = exists(target) || target in documents;
      const hasAnchor = anchor === undefined || anchorsIn(documents[target] ?? '').has(anchor);
      return isFound && hasAnchor ? [] : [`${path}: ${link}`];
    }),
  );
}

describe('the documents', () => {
  const documents = readDocuments();

  test('link to files and headings that exist', () => {
    const links = Object.values(documents).flatMap((text) => [...text.matchAll(LINK)]);
    expect(links.length).toBeGreaterThan(50);
    expect(brokenLinks(documents, (path) => existsSync(new URL(path, root)))).toEqual([]);
  });

  test('are in the repository where source, tests or scripts name them', () => {
    const sources = ['src/', 'tests/', 'scripts/', 'examples/'].flatMap((folder) =>
      readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
        .filter((path) => /\.(?:ts|tsx|mjs|py)$/.test(path) && !/(?:documents|tidy)\.test\.ts$/.test(path))
        .map((path) => `${folder}${path}`),
    );
    const named = sources.flatMap((path) =>
      [...readFileSync(new URL(path, root), 'utf8').matchAll(/\b(?:docs\/[\w/-]+|[A-Z]{4,})\.md\b/g)].map(
        ([name]) => [path, name] as const,
      ),
    );
    expect(named.filter(([, name]) => !(name in documents))).toEqual([]);
  });

  test('name no file below src, tests, scripts, bench or examples that does not exist', () => {
    const named = Object.entries(documents).flatMap(([path, text]) =>
      [...text.matchAll(/`((?:src|tests|scripts|bench|examples)\/[\w./-]*\w)\/?`/g)].map(
        ([, file = '']) => [path, file] as const,
      ),
    );
    expect(named.length).toBeGreaterThan(40);
    expect(
      named.filter(
        ([path, file]) => !existsSync(new URL(file, root)) && !existsSync(new URL(file, new URL(path, root))),
      ),
    ).toEqual([]);
  });

  test('keep the README within 600 words, and the architecture within 900', () => {
    const wordsIn = (path: string) => (documents[path] ?? '').split(/\s+/).filter(Boolean).length;
    expect(wordsIn('README.md')).toBeLessThanOrEqual(600);
    expect(wordsIn('ARCHITECTURE.md')).toBeLessThanOrEqual(900);
  });

  test('fail for a link to a missing file or heading', () => {
    const planted = {
      'a.md': '# One\n[x](b.md) [y](docs/c.md#two) [z](#one) [w](#two)',
      'docs/c.md': '## Two\n[x](../a.md#three)',
    };
    expect(brokenLinks(planted, () => false)).toEqual([
      'a.md: b.md',
      'a.md: #two',
      'docs/c.md: ../a.md#three',
    ]);
  });
});
