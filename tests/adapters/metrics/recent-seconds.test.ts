import { describe, expect, it } from 'vitest';
import { RecentSeconds } from '../../../src/adapters/metrics/index.ts';
import { A_NUMBER } from '../../support/edge.ts';
import { FixedClock, JANUARY } from '../../../src/testing/fixtures/builders.ts';

const SECOND_MS = 1_000;

function someSeconds() {
  const clock = new FixedClock();
  const figures = new RecentSeconds({ clock });
  /** Counts a command that took this long. */
  const count = (durationMs: number, outcome: 'done' | { fault: 'unavailable' } = 'done') =>
    figures.answered([{ mark: performance.now() - durationMs, outcome }]);
  return { clock, figures, count };
}

describe('the figures of recent seconds', () => {
  it('have whole seconds alone, oldest first, those without commands included', () => {
    const { clock, figures, count } = someSeconds();
    expect(figures.seconds()).toEqual([]);
    count(5);
    count(5, { fault: 'unavailable' });
    expect(figures.seconds()).toEqual([]);

    clock.advance(3 * SECOND_MS);
    count(5);
    expect(figures.seconds()).toEqual([
      { at: JANUARY, committed: 1, p99Ms: A_NUMBER },
      { at: JANUARY + SECOND_MS, committed: 0, p99Ms: null },
      { at: JANUARY + 2 * SECOND_MS, committed: 0, p99Ms: null },
    ]);
  });

  it('have the 99th percentile of the durations, at most a twentieth too high', () => {
    const { clock, figures, count } = someSeconds();
    for (let command = 0; command < 980; command++) count(1);
    for (let command = 0; command < 20; command++) count(10_000);
    clock.advance(SECOND_MS);
    const [second] = figures.seconds();
    expect(second?.p99Ms).toBeGreaterThanOrEqual(10_000);
    expect(second?.p99Ms).toBeLessThan(10_600);

    for (let command = 0; command < 9_999; command++) count(10_000);
    count(90_000);
    clock.advance(SECOND_MS);
    expect(figures.seconds().at(-1)?.p99Ms).toBeLessThan(10_600);
  });

  it('have at most 120 seconds, after a rest too', () => {
    const { clock, figures, count } = someSeconds();
    count(5);
    for (const seconds of [200, 1, 3_600]) {
      clock.advance(seconds * SECOND_MS);
      const { length } = figures.seconds();
      expect(length).toBe(120);
      expect(figures.seconds().at(-1)?.at).toBe(clock.now() - SECOND_MS);
      expect(figures.seconds()[0]?.at).toBe(clock.now() - 120 * SECOND_MS);
    }
  });

  it('begin anew where the clock was set back', () => {
    const { clock, figures, count } = someSeconds();
    count(5);
    clock.advance(2 * SECOND_MS);
    expect(figures.seconds()).toHaveLength(2);
    clock.advance(-60 * SECOND_MS);
    expect(figures.seconds()).toEqual([]);
    count(5);
    clock.advance(SECOND_MS);
    expect(figures.seconds()).toHaveLength(1);
  });

  it('count refusals by code, each transfer of a batch', () => {
    const { figures } = someSeconds();
    const mark = performance.now();
    figures.answered([
      { mark, outcome: { refused: ['insufficient_funds', 'insufficient_funds', 'currency_mismatch'] } },
      { mark, outcome: { refused: ['insufficient_funds'] } },
      { mark, outcome: { fault: 'unavailable' } },
    ]);
    expect(figures.refusals()).toEqual(
      new Map([
        ['insufficient_funds', 3],
        ['currency_mismatch', 1],
      ]),
    );
  });
});
