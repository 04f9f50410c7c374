import { afterEach, expect, test, vi } from 'vitest';
import { systemIds } from '../../src/adapters/system.ts';

const NOW = Date.UTC(2026, 0, 15, 10);
const MANY = 10_000;

const ids = (count: number) => Array.from({ length: count }, () => systemIds.newId());

/** Its first 48 bits: https://www.rfc-editor.org/rfc/rfc9562#section-5.7 */
const instantOf = (id: string) => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);

afterEach(() => {
  vi.useRealTimers();
});

test('ids are UUIDs of version 7, of now', () => {
  const before = Date.now();
  const id = systemIds.newId();
  expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  expect(instantOf(id)).toBeGreaterThanOrEqual(before);
  expect(instantOf(id)).toBeLessThanOrEqual(Date.now());
});

test('ids come in their order, within a millisecond and after the clock was set back too', () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.setSystemTime(NOW + 1000 * 365 * 86_400_000);
  const first = ids(MANY);
  vi.setSystemTime(NOW);
  const all = [...first, ...ids(MANY)];
  expect(all).toEqual(all.toSorted());
  expect(new Set(all).size).toBe(2 * MANY);
});

test('what is drawn at random is used once', () => {
  const drawn = [
    ...ids(MANY).map((id) => id.slice(-10)),
    ...Array.from({ length: MANY }, () => systemIds.newSalt()),
  ];
  expect(new Set(drawn).size).toBe(drawn.length);
  expect(systemIds.newSalt()).toMatch(/^[\da-f]{32}$/);
});
