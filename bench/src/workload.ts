import type { Workload } from './measure.ts';

export const ACCOUNTS = 1000;

/** What each account begins with, in minor units: more than any run can spend. */
export const FUNDS = 1_000_000_000;

export type Pair = { source: number; destination: number };

/** Two different accounts, by their index. */
export function drawPair(workload: Workload, accounts: number): Pair {
  switch (workload) {
    case 'uniform':
      return twoOf(accounts);
    case 'ten':
      return twoOf(10);
    case 'hot': {
      const other = 1 + draw(accounts - 1);
      return draw(2) === 0 ? { source: 0, destination: other } : { source: other, destination: 0 };
    }
    default:
      return workload satisfies never;
  }
}

export function drawAmount(): number {
  return 1 + draw(100);
}

/** From 0 to `below`, exclusive. */
export function draw(below: number): number {
  return Math.floor(Math.random() * below);
}

function twoOf(accounts: number): Pair {
  const source = draw(accounts);
  const destination = draw(accounts - 1);
  return { source, destination: destination < source ? destination : destination + 1 };
}
