import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { localStorageIntents, memoryIntents } from '../../src/client/index.ts';
import type { Intent, IntentStore } from '../../src/client/index.ts';
import { fileIntents } from '../../src/client/node.ts';

const folder = await mkdtemp(join(tmpdir(), 'passbook-'));
afterAll(() => rm(folder, { recursive: true }));

/** The parts of a browser's storage that the store uses. Its items are its only enumerable properties. */
function aStorage(): Storage {
  const items: Record<string, string> = {};
  Object.defineProperties(items, {
    getItem: { value: (name: string) => items[name] ?? null },
    setItem: { value: (name: string, value: string) => void (items[name] = value) },
    removeItem: { value: (name: string) => void delete items[name] },
  });
  return items as unknown as Storage;
}

let folders = 0;

/** Opens a store twice, as two processes or tabs do. */
const STORES: readonly (readonly [name: string, open: () => () => IntentStore])[] = [
  [
    'memory',
    () => {
      const store = memoryIntents();
      return () => store;
    },
  ],
  [
    'localStorage',
    () => {
      const storage = aStorage();
      storage.setItem('theme', 'dark');
      return () => localStorageIntents(storage);
    },
  ],
  [
    'file',
    () => {
      const path = join(folder, String(folders++), 'intents');
      return () => fileIntents(path);
    },
  ],
];

function anIntent(id: string): Intent {
  return {
    id: id.padStart(32, '0'),
    key: `key/../${id} "ä"`,
    server: 'https://bank.example',
    userId: 'alice',
    route: 'POST /api/transactions',
    path: '/api/transactions',
    body: '{"amount":100}',
    createdAt: '2026-01-01T00:00:00.000Z',
    isAborted: false,
  };
}

async function listed(store: IntentStore): Promise<readonly Intent[]> {
  return (await store.list()).toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

describe.for(STORES)('The %s store', ([, openTwice]) => {
  test('is empty at first', async () => {
    expect(await openTwice()().list()).toEqual([]);
  });

  test('returns its intents unchanged to everybody who shares it', async () => {
    const open = openTwice();
    await open().put(anIntent('1'));
    await open().put(anIntent('2'));

    expect(await listed(open())).toEqual([anIntent('1'), anIntent('2')]);
  });

  test('replaces an intent', async () => {
    const store = openTwice()();
    await store.put(anIntent('1'));
    await store.put({ ...anIntent('1'), isAborted: true });

    expect(await store.list()).toEqual([{ ...anIntent('1'), isAborted: true }]);
  });

  test('removes one intent, and ignores a missing one', async () => {
    const open = openTwice();
    await open().put(anIntent('1'));
    await open().put(anIntent('2'));
    await open().remove(anIntent('1').id);
    await open().remove(anIntent('1').id);

    expect(await open().list()).toEqual([anIntent('2')]);
  });

  test('lists during other writes', async () => {
    const open = openTwice();
    const [one, other] = [open(), open()];
    await one.put(anIntent('0'));
    const writes = Array.from({ length: 50 }, async (_, index) => {
      await other.put(anIntent(String(index + 1)));
      await other.remove(anIntent(String(index + 1)).id);
    });
    const lists = Array.from({ length: 50 }, async () => one.list());

    for (const list of await Promise.all(lists)) expect(list).toContainEqual(anIntent('0'));
    await Promise.all(writes);
    expect(await one.list()).toEqual([anIntent('0')]);
  });
});

describe('A folder of intents', () => {
  test('is readable by its owner alone', async () => {
    const path = join(folder, 'private');
    await fileIntents(path).put(anIntent('1'));

    const [file = ''] = await readdir(path);
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    expect((await stat(join(path, file))).mode & 0o777).toBe(0o600);
  });

  test('ignores a file that a killed program left half-written', async () => {
    const path = join(folder, 'killed');
    const store = fileIntents(path);
    await store.put(anIntent('1'));
    await writeFile(join(path, `${anIntent('2').id}.intent.json.123`), '{"id":');

    expect(await store.list()).toEqual([anIntent('1')]);
  });

  test('fails to list a damaged file instead of forgetting it', async () => {
    const path = join(folder, 'damaged');
    const store = fileIntents(path);
    await store.put(anIntent('1'));
    await writeFile(join(path, `${anIntent('2').id}.intent.json`), '{"id":');

    await expect(store.list()).rejects.toThrow(SyntaxError);
  });

  test('fails to write without permission', async () => {
    await writeFile(join(folder, 'a file'), '');

    await expect(fileIntents(join(folder, 'a file')).put(anIntent('1'))).rejects.toThrow('EEXIST');
  });
});

describe('The default storage', () => {
  test('is the storage of the browser', async () => {
    const shared = aStorage();
    const before = Object.getOwnPropertyDescriptor(globalThis, 'localStorage');
    Object.defineProperty(globalThis, 'localStorage', { value: shared, configurable: true });
    onTestFinished(() => {
      if (before) Object.defineProperty(globalThis, 'localStorage', before);
      else Reflect.deleteProperty(globalThis, 'localStorage');
    });
    await localStorageIntents().put(anIntent('1'));

    expect(Object.keys(shared)).toEqual([`passbook-intent:${anIntent('1').id}`]);
  });
});
