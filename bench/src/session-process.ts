/** One session, controlled by its parent: opens the contender, measures its points, checks its books. */
import type { Contender, Measured, Terms } from './measure.ts';
import { measure } from './measure.ts';
import type { Place } from './passbook.ts';
import type { ContenderSpec, Session } from './plan.ts';

export type Order = {
  readonly session: Session;
  readonly place: Place;
  readonly terms: Terms;
  readonly profile: boolean;
};

export type Report = { readonly measured: Record<string, Measured> } | { readonly fault: string };

// Its parent is gone
process.once('disconnect', () => process.exit(1));
process.once('message', (order: Order) => {
  run(order)
    .then((measured): Report => ({ measured }))
    .catch((error: unknown): Report => ({ fault: error instanceof Error ? describe(error) : String(error) }))
    .then((report) => process.send?.(report, () => process.exit()))
    .catch(() => process.exit(1));
});

async function run({ session, place, terms, profile }: Order): Promise<Record<string, Measured>> {
  const contender = await open(session.contender, place, profile);
  const measured: Record<string, Measured> = {};
  let acknowledged = 0;
  try {
    for (const point of session.points) {
      const { acknowledged: more, ...figures } = await measure(contender, point, terms);
      acknowledged += more;
      measured[point.id] = figures;
    }
    await contender.check(acknowledged);
  } finally {
    await contender.close();
  }
  return measured;
}

/** Each contender is loaded by itself: what one brings does not weigh on another. */
async function open(spec: ContenderSpec, place: Place, profile: boolean): Promise<Contender> {
  switch (spec.kind) {
    case 'ledger':
      return (await import('./ledger-contender.ts')).openLedger(spec.store, place);
    case 'http':
      return (await import('./http-contender.ts')).openHttp(spec.server, place, { ...spec, profile });
    case 'medici':
      return (await import('../peers/medici.ts')).openMedici(place, spec.snapshots);
    case 'native-mongo':
      return (await import('../limits/native-mongo.ts')).openNativeMongo(place);
    case 'bare-sqlite':
      return (await import('../limits/bare-sqlite.ts')).openBareSqlite(place);
    default:
      return spec satisfies never;
  }
}

function describe(error: Error): string {
  const cause =
    error.cause === undefined
      ? ''
      : `\ncaused by ${error.cause instanceof Error ? error.cause.message : JSON.stringify(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
