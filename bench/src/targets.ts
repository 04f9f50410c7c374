/** What the ledger is to reach: ratios of rates within one run. */
import { CONNECTIONS } from './plan.ts';
import { spreadOf } from './results.ts';
import type { Results, Sample, Spread } from './results.ts';

type Target = {
  readonly name: string;
  readonly of: string;
  /** The best of these in the same run. */
  readonly to: readonly string[];
  readonly atLeast: number;
  readonly tryFor?: number;
};

const MEDICI = ['medici', 'medici-no-snapshots'].flatMap((name) =>
  [1, 16, 64].map((inFlight) => `peer/${name}/uniform/${inFlight}`),
);

const TARGETS: readonly Target[] = [
  {
    name: 'MongoDB, 512 in flight, to the driver with 500 a transaction',
    of: 'port/mongo/uniform/512',
    to: ['limit/mongo/500'],
    atLeast: 0.6,
  },
  {
    name: 'MongoDB, 512 in flight, to medici at its best',
    of: 'port/mongo/uniform/512',
    to: MEDICI,
    atLeast: 20,
    tryFor: 40,
  },
  {
    name: 'MongoDB, one hot account to uniform',
    of: 'port/mongo/hot/512',
    to: ['port/mongo/uniform/512'],
    atLeast: 0.8,
  },
  {
    name: 'MongoDB, one in flight, to the driver with one a transaction',
    of: 'port/mongo/uniform/1',
    to: ['limit/mongo-one/uniform/1'],
    atLeast: 0.8,
  },
  ...[
    { connections: 64, atLeast: 10, tryFor: 20 },
    { connections: 256, atLeast: 14, tryFor: 28 },
  ].map(({ connections, ...wanted }) => ({
    name: `MongoDB over HTTP, ${connections} connections, to Express and Mongoose`,
    of: `http/mongo/${connections}`,
    to: [`http/express-mongoose/${connections}`],
    ...wanted,
  })),
  {
    name: 'SQLite, 512 in flight, to the bare library with 500 a transaction',
    of: 'port/sqlite/uniform/512',
    to: ['limit/sqlite/500'],
    atLeast: 0.7,
    tryFor: 1,
  },
  ...CONNECTIONS.map((connections) => ({
    name: `SQLite over HTTP, ${connections} connections, to MongoDB`,
    of: `http/sqlite/${connections}`,
    to: [`http/mongo/${connections}`],
    atLeast: 1.2,
  })),
  ...CONNECTIONS.map((connections) => ({
    name: `Two servers on one MongoDB, ${connections} connections, to one`,
    of: `http/two-on-mongo/${connections}`,
    to: [`http/mongo/${connections}`],
    atLeast: 0.9,
  })),
];

export type Judged = Target & { readonly ratio: Spread | undefined; readonly isMet: boolean };

export function judge(results: Results): Judged[] {
  return TARGETS.map((target) => {
    const ratio = spreadOf(ratiosOf(results, target));
    return { ...target, ratio, isMet: (ratio?.median ?? 0) >= target.atLeast };
  });
}

function ratiosOf({ points, runs }: Results, { of, to }: Target): number[] {
  return Array.from({ length: runs }, (_, index) => index + 1).flatMap((run) => {
    const rate = rateIn(points[of], run);
    const others = to.flatMap((id) => rateIn(points[id], run) ?? []);
    return rate === undefined || others.length === 0 ? [] : [rate / Math.max(...others)];
  });
}

function rateIn(samples: readonly Sample[] | undefined, run: number): number | undefined {
  return samples?.find((sample) => sample.run === run)?.rate;
}
