import { gzipSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { bundledClient } from '../support/client-bundle.ts';

const MOST_BYTES = 12 * 1024;

test('The client has at most 12 KB, minified and gzipped, and loads nothing else', async () => {
  const { text, imports } = await bundledClient();

  expect(gzipSync(text).length).toBeLessThanOrEqual(MOST_BYTES);
  expect(imports).toEqual([]);
});

test('The store for files loads only modules of Node', async () => {
  const node = fileURLToPath(new URL('../../src/client/node.ts', import.meta.url));
  const { imports } = await bundledClient(node);

  expect(imports).toEqual(['node:fs/promises', 'node:path']);
});
