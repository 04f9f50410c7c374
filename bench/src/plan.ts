/** What is measured: sessions, each a process of its own with a fresh store, and the points that each takes. */
import type { Point, Workload } from './measure.ts';
import type { StoreKind } from './passbook.ts';
import type { ServerKind } from './servers.ts';

export type ContenderSpec =
  | { readonly kind: 'ledger'; readonly store: StoreKind }
  | { readonly kind: 'http'; readonly server: ServerKind; readonly servers: number; readonly users: number }
  | { readonly kind: 'medici'; readonly snapshots: boolean }
  | { readonly kind: 'native-mongo' }
  | { readonly kind: 'bare-sqlite' };

export type Session = {
  readonly contender: ContenderSpec;
  readonly points: readonly Point[];
};

const STORES: readonly StoreKind[] = ['memory', 'sqlite', 'mongo'];
const WORKLOADS: readonly Workload[] = ['uniform', 'ten', 'hot'];
export const IN_FLIGHT: readonly number[] = [1, 16, 64, 512];
export const CONNECTIONS: readonly number[] = [64, 256];
/** Transfers a request, over `BATCH_CONNECTIONS` connections. */
const REQUEST_SIZES: readonly number[] = [1, 50, 1_000];
const BATCH_CONNECTIONS = 16;

export function planOf({ users, only }: { users: number; only: RegExp }): Session[] {
  const sessions: Session[] = [
    ...STORES.flatMap((store) => overPort(store)),
    ...mediciSessions({ name: 'medici', snapshots: true }),
    ...mediciSessions({ name: 'medici-no-snapshots', snapshots: false }),
    ...nativeSessions(),
    session({ kind: 'bare-sqlite' }, [batch('limit/sqlite/500', 500)]),
    ...STORES.map((store) => overHttp(`http/${store}`, { kind: 'http', server: store, servers: 1, users })),
    ...(['sqlite', 'mongo'] as const).flatMap((store) => batchesOverHttp(store, users)),
    overHttp('http/two-on-mongo', { kind: 'http', server: 'mongo', servers: 2, users }),
    overHttp('http/express-mongoose', { kind: 'http', server: 'express-mongoose', servers: 1, users }),
    overHttp('http/bare-hono', { kind: 'http', server: 'bare-hono', servers: 1, users }),
  ];
  return sessions
    .map((one) => ({ ...one, points: one.points.filter(({ id }) => only.test(id)) }))
    .filter(({ points }) => points.length > 0);
}

/** Each point on a store of its own: what one wrote does not weigh on the next. */
function overPort(store: StoreKind): Session[] {
  return WORKLOADS.flatMap((workload) =>
    IN_FLIGHT.map((inFlight) =>
      session({ kind: 'ledger', store }, [
        single(`port/${store}/${workload}/${inFlight}`, workload, inFlight),
      ]),
    ),
  );
}

function overHttp(name: string, contender: ContenderSpec): Session {
  const points = CONNECTIONS.map((inFlight) => single(`${name}/${inFlight}`, 'uniform', inFlight));
  return session(contender, points);
}

/** Each size on a server of its own, so that all begin with the same books. */
function batchesOverHttp(store: 'sqlite' | 'mongo', users: number): Session[] {
  return REQUEST_SIZES.map((unit) =>
    session({ kind: 'http', server: store, servers: 1, users }, [
      { id: `http-batch/${store}/${unit}`, workload: 'uniform', inFlight: BATCH_CONNECTIONS, unit },
    ]),
  );
}

function mediciSessions({ name, snapshots }: { name: string; snapshots: boolean }): Session[] {
  const contender: ContenderSpec = { kind: 'medici', snapshots };
  return [
    ...[1, 16, 64].map((inFlight) => single(`peer/${name}/uniform/${inFlight}`, 'uniform', inFlight)),
    single(`peer/${name}/hot/16`, 'hot', 16),
  ].map((point) => session(contender, [point]));
}

function nativeSessions(): Session[] {
  return [
    ...[1, 16, 64].map((inFlight) => single(`limit/mongo-one/uniform/${inFlight}`, 'uniform', inFlight)),
    single('limit/mongo-one/hot/16', 'hot', 16),
    batch('limit/mongo/500', 500),
    batch('limit/mongo/2000', 2000),
  ].map((point) => session({ kind: 'native-mongo' }, [point]));
}

function session(contender: ContenderSpec, points: readonly Point[]): Session {
  return { contender, points };
}

function single(id: string, workload: Workload, inFlight: number): Point {
  return { id, workload, inFlight, unit: 1 };
}

/** One batch at a time, of `unit` transfers each. */
function batch(id: string, unit: number): Point {
  return { id, workload: 'uniform', inFlight: 1, unit };
}
