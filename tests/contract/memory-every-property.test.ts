import { beforeAll, describe, expect, it } from 'vitest';
import { MemoryData } from '../../src/adapters/memory/memory-data.ts';
import { memoryStoreOver } from '../../src/adapters/memory/memory-store.ts';
import { sha256OfHex } from '../../src/adapters/system.ts';
import { sha256 } from '../../src/adapters/shared/sha256.ts';
import { verifyBooks } from '../../src/application/proofs/verify-books.ts';
import { TestBank } from '../../src/testing/fixtures/bank.ts';
import { FixedClock } from '../../src/testing/fixtures/builders.ts';
import { otherValues } from '../support/other-values.ts';
import { wholeBooks } from '../support/whole-books.ts';

type Path = readonly string[];
type Kept = Map<string, unknown> | unknown[];

/** Properties that the test skips. All others belong to the ledger, and each value in them is changed below. */
const NOT_OF_THE_LEDGER: Readonly<Record<string, string>> = {
  messages: 'mail, which no money depends on',
  users: 'people and their roles, who may change them',
  sessions: 'sign-ins, which end',
  credentials: 'passkeys, keys and links of people',
  securityEvents: 'a log of sign-ins, apart from the audit log of the ledger',
  payees: 'labels and names that users keep about payees',
  mailHours: 'the mails of each recipient in an hour',
  written: 'a second reference to each value, which only `verify` reads',
};

/** Number of values of different shape in which each property is changed. */
const SHAPES = 2;
const REMOVED = 4;

describe('verification of memory that was changed by hand', () => {
  const data = new MemoryData();
  const store = memoryStoreOver(data);
  const parts = (): readonly (readonly [string, Kept])[] =>
    (Object.entries(data) as [string, Kept][]).filter(([name]) => !(name in NOT_OF_THE_LEDGER));
  beforeAll(() => wholeBooks(new TestBank({ store, clock: new FixedClock() }), store));

  it('finds nothing without a change', async () => {
    expect(await faults()).toEqual([]);
    expect(Object.keys(data)).toEqual(expect.arrayContaining(Object.keys(NOT_OF_THE_LEDGER)));
    for (const [, kept] of parts()) expect(keysOf(kept)).not.toEqual([]);
  });

  it('finds a change of every property, to any value', async () => {
    const missed: string[] = [];
    let tried = 0;
    for (const [name, kept] of parts()) {
      for (const [field, places] of fieldsOf(kept)) {
        for (const [index, { key, path }] of places.entries()) {
          const whole = get(kept, key);
          for (const value of otherValues(at(whole, path), { whereNull: 'x' }).slice(
            0,
            index === 0 ? 2 : 1,
          )) {
            set(kept, key, withValue(whole, path, value));
            tried++;
            if ((await faults()).length === 0) missed.push(`${name}.${field} to ${String(value)}`);
            set(kept, key, whole);
          }
        }
      }
    }
    expect(missed).toEqual([]);
    expect(tried).toBeGreaterThan(100);
    expect(await faults()).toEqual([]);
  });

  it('finds every removal except that of an idempotency record', async () => {
    const missed = new Set<string>();
    for (const [name, kept] of parts()) {
      const keys = keysOf(kept);
      for (const key of new Set([...keys.slice(0, REMOVED), ...keys.slice(-REMOVED)])) {
        const whole = [...kept];
        if (Array.isArray(kept)) kept.splice(Number(key), 1);
        else kept.delete(key);
        if ((await faults()).length === 0) missed.add(name);
        if (Array.isArray(kept)) kept.splice(0, kept.length, ...whole);
        else {
          kept.clear();
          for (const [name, value] of whole as [string, unknown][]) kept.set(name, value);
        }
      }
    }
    expect(missed).toEqual(new Set(['records']));
  });

  async function faults() {
    const ports = { reads: store.reads, scan: store.scan, digest: sha256, hexDigest: sha256OfHex };
    return (await verifyBooks(ports)()).faults;
  }
});

function keysOf(kept: Kept): readonly string[] {
  return Array.isArray(kept) ? Object.keys(kept) : [...kept.keys()];
}

function get(kept: Kept, key: string): unknown {
  return Array.isArray(kept) ? kept[Number(key)] : kept.get(key);
}

function set(kept: Kept, key: string, value: unknown): void {
  if (Array.isArray(kept)) kept[Number(key)] = value;
  else kept.set(key, value);
}

/** Places of each property, in values of different shape. Indexes of lists do not count as part of a property. */
function fieldsOf(kept: Kept) {
  const fields = new Map<string, { key: string; path: Path; shape: string }[]>();
  for (const key of keysOf(kept)) {
    const value = get(kept, key) as Record<string, unknown>;
    const shape = ['kind', 'status', 'action', 'purpose', 'operation'].map((name) => value[name]).join();
    for (const path of pathsIn(value)) {
      const field = path.filter((name) => !/^\d+$/.test(name)).join('.');
      const places = fields.get(field) ?? [];
      fields.set(field, places);
      const isNew = places.every((place) => place.shape !== shape);
      if (isNew && places.length < SHAPES) places.push({ key, path, shape });
    }
  }
  return fields;
}

function pathsIn(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const entries = value instanceof Set ? Object.entries([...value]) : Object.entries(value);
  return entries.flatMap(([name, one]) => pathsIn(one, [...path, name]));
}

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (one, name) => (one instanceof Set ? [...one][Number(name)] : (one as Record<string, unknown>)[name]),
    value,
  );
}

/** A copy of the same class with one value changed. */
function withValue(value: unknown, [name, ...rest]: Path, leaf: unknown): unknown {
  if (name === undefined) return leaf;
  if (value instanceof Set)
    return new Set([...(value as Set<unknown>)].map((one, index) => (String(index) === name ? leaf : one)));
  if (Array.isArray(value))
    return (value as unknown[]).map((one, index) =>
      String(index) === name ? withValue(one, rest, leaf) : one,
    );
  const copy = Object.assign(
    Object.create(Object.getPrototypeOf(value) as object) as object,
    value,
  ) as Record<string, unknown>;
  copy[name] = withValue(copy[name], rest, leaf);
  return copy;
}
