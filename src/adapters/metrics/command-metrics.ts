import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import type {
  AnsweredCommand,
  CommandOutcome,
  CommitObserver,
  CommittedUnit,
} from '../../application/ports/commit-observer.ts';
import type { ErrorCode } from '../../domain/errors.ts';

/** When a command was submitted, and whether it still waits. */
type Mark = { readonly at: number; isWaiting: boolean };
type Unit = { readonly at: number; readonly commands: number };

/** From half a millisecond, a commit in memory, to the deadline of a command. */
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const COMMANDS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];

/** Faults that a command may meet. They begin at 0, so that the first one is seen as an increase. */
const FAULTS: readonly ErrorCode[] = [
  'queue_full',
  'unavailable',
  'outcome_unknown',
  'storage_full',
  'internal_error',
];

/** Metrics of commands and commits. */
export class CommandMetrics implements CommitObserver<Mark, Unit> {
  readonly #wait: Histogram;
  readonly #commit: Histogram;
  readonly #commandsPerCommit: Histogram;
  readonly #commits = new Tally();
  readonly #commands = new Tally();
  readonly #refusals: Counter<'code'>;
  readonly #faults: Counter<'code'>;
  #waiting = 0;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#wait = new Histogram({
      name: 'passbook_command_wait_seconds',
      help: 'Time from the submission of a command until the store began its unit.',
      buckets: SECONDS,
      registers,
    });
    this.#commit = new Histogram({
      name: 'passbook_commit_duration_seconds',
      help: 'Time from the beginning of a unit until its commit was durable: reads, decisions and writes included.',
      buckets: SECONDS,
      registers,
    });
    this.#commandsPerCommit = new Histogram({
      name: 'passbook_commit_commands',
      help: 'Commands in a committed unit.',
      buckets: COMMANDS,
      registers,
    });
    const commits: Counter = new Counter({
      name: 'passbook_commits_total',
      help: 'Units by outcome: committed or failed.',
      labelNames: ['outcome'],
      registers,
      collect: () => this.#commits.moveTo(commits),
    });
    const commands: Counter = new Counter({
      name: 'passbook_commands_total',
      help: 'Answered commands by outcome: done, replayed, unfinished (and submitted again), refused or fault.',
      labelNames: ['outcome'],
      registers,
      collect: () => this.#commands.moveTo(commands),
    });
    this.#refusals = new Counter({
      name: 'passbook_command_refusals_total',
      help: 'Refused commands by error code. Each refused transfer of a batch counts.',
      labelNames: ['code'],
      registers,
    });
    this.#faults = new Counter({
      name: 'passbook_command_faults_total',
      help: 'Commands that failed without a fault of their own, by error code.',
      labelNames: ['code'],
      registers,
    });
    const queue: Gauge = new Gauge({
      name: 'passbook_command_queue_length',
      help: 'Commands that wait for the store.',
      registers,
      collect: () => queue.set(this.#waiting),
    });
    for (const outcome of ['committed', 'failed']) this.#commits.add(outcome, 0);
    for (const outcome of ['done', 'replayed', 'unfinished', 'refused', 'fault'])
      this.#commands.add(outcome, 0);
    for (const code of FAULTS) this.#faults.inc({ code }, 0);
  }

  submitted(): Mark {
    this.#waiting++;
    return { at: performance.now(), isWaiting: true };
  }

  began(commands: readonly Mark[]): Unit {
    const at = performance.now();
    for (const mark of commands) {
      if (!mark.isWaiting) continue;
      this.#endWait(mark);
      this.#wait.observe((at - mark.at) / 1_000);
    }
    return { at, commands: commands.length };
  }

  committed(_accountIds: ReadonlySet<string>, { mark }: CommittedUnit<Unit>): void {
    this.#commits.add('committed', 1);
    this.#commit.observe((performance.now() - mark.at) / 1_000);
    this.#commandsPerCommit.observe(mark.commands);
  }

  failed(): void {
    this.#commits.add('failed', 1);
  }

  answered(commands: readonly AnsweredCommand<Mark>[]): void {
    for (const { mark, outcome } of commands) {
      if (mark.isWaiting) this.#endWait(mark);
      this.#commands.add(nameOf(outcome), 1);
      if (typeof outcome !== 'object') continue;
      if ('fault' in outcome) this.#faults.inc({ code: outcome.fault });
      else for (const code of outcome.refused) this.#refusals.inc({ code });
    }
  }

  #endWait(mark: Mark): void {
    mark.isWaiting = false;
    this.#waiting--;
  }
}

/** Counts by outcome between two scrapes. A counter of the library costs ten times as much for each command. */
class Tally {
  readonly #counts = new Map<string, number>();

  add(outcome: string, count: number): void {
    this.#counts.set(outcome, (this.#counts.get(outcome) ?? 0) + count);
  }

  moveTo(counter: Counter): void {
    for (const [outcome, count] of this.#counts) {
      counter.inc({ outcome }, count);
      this.#counts.set(outcome, 0);
    }
  }
}

function nameOf(outcome: CommandOutcome): string {
  if (typeof outcome !== 'object') return outcome;
  return 'fault' in outcome ? 'fault' : 'refused';
}
