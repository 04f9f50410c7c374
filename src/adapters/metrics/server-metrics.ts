import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { CommitObserver } from '../../application/ports/commit-observer.ts';
import type { MailOutcome, OutboxReads } from '../../application/ports/outbox.ts';
import { Deadline } from '../shared/deadline.ts';
import { CommandMetrics } from './command-metrics.ts';

/** An answered request. `route` is the pattern that matched; null if none did. */
export type CountedRequest = {
  readonly method: string;
  readonly route: string | null;
  readonly status: number;
  /** Code of the problem that was answered. */
  readonly code: string | undefined;
  readonly durationMs: number;
};

/** Metrics in the text format of Prometheus. */
export type Exposition = { readonly contentType: string; readonly text: string };

export type ServerMetrics = {
  /** Counts commands and commits. */
  readonly commits: CommitObserver;
  readonly answered: (request: CountedRequest) => void;
  readonly signedIn: (attempt: { readonly method: string; readonly outcome: string }) => void;
  readonly attemptedMail: (outcome: MailOutcome) => void;
  /** @param durationMs time of a commit with a checkpoint of SQLite's write-ahead log */
  readonly checkpointed: (durationMs: number) => void;
  /** A transaction of MongoDB runs again. */
  readonly retried: () => void;
  /** Counts the waiting mails of this outbox at each reading. */
  readonly watchOutbox: (outbox: Pick<OutboxReads, 'countWaiting'>) => void;
  /** Returns all metrics as they are now. */
  readonly read: () => Promise<Exposition>;
};

/** Any other method is of no use to the bank, and a client could invent any number of them. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

const REQUEST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const CHECKPOINT_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const MAIL_OUTCOMES: readonly MailOutcome[] = ['sent', 'written', 'failed', 'deferred', 'given_up'];

/** Number of waiting mails from which a scrape counts no further. */
const MOST_MAILS = 10_000;
/** How long a scrape waits for the store. */
const STORE_MS = 3_000;

/**
 * Creates the server's metrics, in a registry of their own.
 * @param build facts of the running program
 */
export function createServerMetrics(build: BuildFacts): ServerMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const commits = new CommandMetrics(registry);
  const requests = new Counter({
    name: 'passbook_http_requests_total',
    help: 'Answered requests by method, route pattern and class of the status.',
    labelNames: ['method', 'route', 'status'],
    registers,
  });
  const requestSeconds = new Histogram({
    name: 'passbook_http_request_duration_seconds',
    help: 'Time from the head of a request until its answer was ready, by method and route pattern.',
    labelNames: ['method', 'route'],
    buckets: REQUEST_SECONDS,
    registers,
  });
  const problems = new Counter({
    name: 'passbook_http_problems_total',
    help: 'Problems that were answered, by error code.',
    labelNames: ['code'],
    registers,
  });
  const signIns = new Counter({
    name: 'passbook_sign_ins_total',
    help: 'Sign-ins by method, and by outcome: ok, or the error code.',
    labelNames: ['method', 'outcome'],
    registers,
  });
  for (const method of ['password', 'passkey']) signIns.inc({ method, outcome: 'ok' }, 0);
  signIns.inc({ method: 'password', outcome: 'invalid_credentials' }, 0);
  const mails = new Counter({
    name: 'passbook_mails_total',
    help: 'Attempts at a mail by outcome: sent, written (to a file), failed, deferred (until the mail server works) or given_up.',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of MAIL_OUTCOMES) mails.inc({ outcome }, 0);
  const checkpoints = new Histogram({
    name: 'passbook_sqlite_checkpoint_duration_seconds',
    help: "Time of commits that also moved SQLite's write-ahead log into the database.",
    buckets: CHECKPOINT_SECONDS,
    registers,
  });
  const retries = new Counter({
    name: 'passbook_mongodb_transaction_retries_total',
    help: 'Transactions of MongoDB that ran again after a conflict or a passing failure.',
    registers,
  });
  addBuildInfo(registry, build);

  return {
    commits,
    answered({ method, route, status, code, durationMs }) {
      const labels = { method: METHODS.includes(method) ? method : 'other', route: route ?? 'none' };
      requests.inc({ ...labels, status: `${Math.floor(status / 100)}xx` });
      requestSeconds.observe(labels, durationMs / 1_000);
      if (code !== undefined) problems.inc({ code });
    },
    signedIn: ({ method, outcome }) => signIns.inc({ method, outcome }),
    attemptedMail: (outcome) => mails.inc({ outcome }),
    checkpointed: (durationMs) => checkpoints.observe(durationMs / 1_000),
    retried: () => retries.inc(),
    watchOutbox: (outbox) => addWaitingMails(registry, outbox),
    read: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}

export type BuildFacts = { readonly version: string; readonly store: string; readonly node: string };

function addBuildInfo(registry: Registry, { version, store, node }: BuildFacts): void {
  new Gauge({
    name: 'passbook_build_info',
    help: 'Always 1. Its labels say which version runs, on which store and which Node.',
    labelNames: ['version', 'store', 'node'],
    registers: [registry],
  }).set({ version, store, node }, 1);
}

/** The gauge is absent while the store cannot be read: the other metrics are needed then above all. */
function addWaitingMails(registry: Registry, outbox: Pick<OutboxReads, 'countWaiting'>): void {
  const waiting: Gauge = new Gauge({
    name: 'passbook_mails_waiting',
    help: `Mails in the outbox that are neither sent nor given up, counted up to about ${MOST_MAILS}.`,
    registers: [registry],
    async collect() {
      try {
        const count = outbox.countWaiting(MOST_MAILS);
        waiting.set(await new Deadline(STORE_MS).race(count));
      } catch {
        waiting.remove();
      }
    },
  });
}
