import type { Instant } from '../domain/time.ts';
import type { DiaryDay } from './days.ts';
import { SeededDraws } from './random.ts';
import type { Teller } from './teller.ts';

/** An order that somebody gives to the bank at an instant of the history. */
export type Act = {
  readonly at: Instant;
  /** Whether the act reads before it orders. It then runs alone, so that every run has the same order. */
  readonly isAlone?: boolean;
  readonly run: (teller: Teller) => Promise<unknown>;
};

/** Parts of a day, with the minutes of UTC between which its moment lies. */
const PARTS = {
  dawn: [3 * 60 + 30, 4 * 60 + 10],
  morning: [6 * 60 + 40, 7 * 60 + 50],
  forenoon: [9 * 60 + 5, 10 * 60 + 40],
  lunch: [11 * 60 + 20, 12 * 60 + 30],
  afternoon: [13 * 60 + 40, 15 * 60 + 10],
  evening: [16 * 60 + 10, 17 * 60 + 50],
  night: [18 * 60 + 40, 20 * 60 + 55],
} as const;

export type PartOfDay = keyof typeof PARTS;

/**
 * Returns the moment of a part of a day, the same for all people. Orders of one moment share a commit, so that a
 * history takes thousands of commits and not tens of thousands.
 */
export function momentOf({ start, text }: DiaryDay, part: PartOfDay, seed: number): Instant {
  const draws = new SeededDraws(seed, 'moment', text, part);
  const [from, to] = PARTS[part];
  return start + draws.integer(from * 60_000, to * 60_000);
}
