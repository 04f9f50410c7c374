import { sizeOf } from '../domain/books/command.ts';
import { prefetchFor } from '../domain/books/prefetch.ts';
import type { Command } from '../domain/books/command.ts';
import type { Digest } from '../domain/integrity/hash-chain.ts';
import { PassbookError } from '../domain/errors.ts';
import type { Notification } from '../domain/entities/notification.ts';
import type { Answer, Decided } from '../domain/books/outcome.ts';
import { NO_CHANGES } from '../domain/books/changes.ts';
import type { Decision } from '../domain/books/changes.ts';
import type { DecisionContext } from '../domain/decisions/decision-context.ts';
import { decideInParts } from '../domain/decisions/decide.ts';
import type { Instant } from '../domain/time.ts';
import { CommitWatch, faultOutcome, outcomeOf } from './commit-watch.ts';
import type { Marks } from './commit-watch.ts';
import { nextTurn } from './event-loop.ts';
import type { CommitObserver } from './ports/commit-observer.ts';
import type { UnitOfWork, UnitTerms } from './ports/ledger-store.ts';
import type { Clock } from './ports/runtime.ts';
import type { DirectDelivery } from './ports/outbox.ts';
import { requireActor } from './validation.ts';
import type { Refused } from './views.ts';

export type WriterLimits = {
  /** Maximum number of waiting commands. Beyond it, a command is refused with `queue_full`. Default: 10000. */
  readonly queue: number;
  /**
   * Maximum number of single-transfer commands in one transaction. Larger commands come on top: at least one, and
   * together no more transfers than this. Default: 500.
   */
  readonly batch: number;
  /** Time limit of a command in milliseconds, waiting included. Default: 10000. */
  readonly deadlineMs: number;
};

/** Number of commands in a unit from which it pays to wait a few milliseconds for their callers' next commands. */
const GATHER_FROM = 8;
const GATHERING_TURNS = 10;

/** Number of parts in which a unit is decided. A store may write one part while the next is decided. */
const PARTS = 4;
/** Bounds of a part, in transfers. Fewer are not worth a part of their own; `PART_MOST` of them take 10 to 40 ms. */
const PART_LEAST = 64;
const PART_MOST = 125;

const DEFAULT_LIMITS: WriterLimits = { queue: 10_000, batch: 500, deadlineMs: 10_000 };

export type SubmitOptions<Tx = unknown, Result = unknown> = {
  /** Runs the same checks and gives the same answer, but stores nothing and uses up no key. Default: false. */
  readonly dryRun?: boolean;
  /**
   * Writes of the caller's own, committed with the command or not at all. Runs once the command is decided, in the
   * store's transaction. Not run for a refusal, a replay or a dry run. If it throws, the command does nothing and
   * rejects with that error.
   * May run again before the commit, so it must have no effect but through the transaction. The store's other units
   * wait for it. It must not call the ledger's commands.
   */
  readonly alongside?: (transaction: Tx, result: Exclude<Result, Refused>) => Promise<void> | void;
};

type Alongside = NonNullable<SubmitOptions<never, Answer>['alongside']>;

type Waiting = {
  readonly command: Command;
  readonly alongside: Alongside | undefined;
  /** The command's `sizeOf`. */
  readonly size: number;
  readonly deadline: Instant;
  /** The observers' marks of the command. */
  readonly marks: Marks;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (fault: unknown) => void;
};

type Committed = {
  readonly answers: readonly Decided[];
  readonly messages: readonly Notification[];
  readonly messagesDueAt: Instant | null;
  /** Ids of the changed accounts, perhaps several times. Empty if nobody observes. */
  readonly accountIds: readonly string[];
};

/** Answers the callers of a unit. */
type Answering = () => void;
const NOBODY: Answering = () => {};
const NO_MARKS: Marks = [];

/** The messages and accounts of the parts so far, and the result of `DirectDelivery.reserve`; undefined before it. */
type Reserved = Pick<Committed, 'messages' | 'accountIds'> & { readonly dueAt: Instant | null | undefined };

/**
 * Group commit: commands that arrive while a unit commits form the next unit, in order of arrival. A lone command
 * starts at once. Each caller gets its own answer, after the commit of its command.
 * If the store has a `pipelineThreshold`, two workers serve many callers: one half is in the store while the other half
 * is answered and submits again.
 */
export class CommandWriter {
  readonly #unitOfWork: UnitOfWork;
  readonly #clock: Clock;
  readonly #digest: Digest;
  readonly #notify: boolean;
  readonly #onCommit: () => void;
  readonly #directDelivery: DirectDelivery | undefined;
  readonly #limits: WriterLimits;
  readonly #watch: CommitWatch;
  #waiting: Waiting[] = [];
  /** Number of running workers; each takes one unit after another to the store. */
  #workers = 0;
  readonly #draining = new Set<Promise<void>>();
  /** Number of commands in units that are in progress. */
  #underWay = 0;
  /** The batch that started last. */
  #latest: readonly Waiting[] = [];
  #closed = false;

  constructor(ports: {
    unitOfWork: UnitOfWork;
    clock: Clock;
    digest: Digest;
    /** Whether to write notifications for account owners. */
    notify: boolean;
    /** Called after each commit without direct delivery, before its callers are answered. Must not throw. */
    onCommit?: () => void;
    /** Takes the messages of a commit, before its callers are answered. Must not throw. */
    directDelivery?: DirectDelivery;
    limits?: Partial<WriterLimits>;
    /** Default: none, which costs nothing. */
    observers?: readonly CommitObserver[];
  }) {
    this.#unitOfWork = ports.unitOfWork;
    this.#clock = ports.clock;
    this.#digest = ports.digest;
    this.#notify = ports.notify;
    this.#onCommit = ports.onCommit ?? (() => {});
    this.#directDelivery = ports.directDelivery;
    this.#limits = { ...DEFAULT_LIMITS, ...ports.limits };
    this.#watch = new CommitWatch(ports.observers ?? []);
  }

  /** Time limit of a command, in milliseconds. */
  get deadlineMs(): number {
    return this.#limits.deadlineMs;
  }

  /**
   * @throws PassbookError `invalid_request` for a malformed actor or a hold whose expiry has passed
   * @throws TypeError inside an asynchronous `alongside`
   * @throws PassbookError `queue_full` if too many commands wait, and nothing was done
   * @throws PassbookError `unavailable` if the writer is closed or the deadline passed, and nothing was done
   * @throws Error any error of `UnitOfWork.transact`
   */
  async submit(
    command: Command,
    { dryRun = false, alongside }: SubmitOptions<never, Answer> = {},
  ): Promise<Answer> {
    requireActor(command.actor);
    this.#unitOfWork.assertOutside?.();
    if (dryRun) return this.#dryRun(command);
    const marks = this.#watch.isOn ? this.#watch.submitted() : NO_MARKS;
    return new Promise((resolve, reject) => {
      const deadline = this.#clock.now() + this.#limits.deadlineMs;
      const waiting = { command, alongside, size: sizeOf(command), deadline, marks, resolve, reject };
      const fault = this.#reasonToRefuse;
      if (fault) {
        this.#reject([waiting], fault);
        return;
      }
      this.#waiting.push(waiting);
      this.#serve();
    });
  }

  get #reasonToRefuse(): PassbookError | undefined {
    if (this.#closed) {
      return new PassbookError('unavailable', { reason: 'The ledger is closed, nothing was done' });
    }
    return this.#waiting.length < this.#limits.queue
      ? undefined
      : new PassbookError('queue_full', { retryAfterSeconds: 1 });
  }

  async #dryRun(command: Command): Promise<Answer> {
    const now = this.#clock.now();
    const deadline = now + this.#limits.deadlineMs;
    const context = { now, digest: this.#digest, notify: false, dryRun: true };
    const decided = await this.#unitOfWork.transact(
      () => prefetchFor([command], deadline),
      (books) => unwritten(decideInParts(books, [command], { ...context, size: PART_MOST })),
      deadline,
    );
    return new Promise((resolve, reject) => settle({ resolve, reject }, decided));
  }

  /** Stops accepting commands, and waits until all accepted ones are answered. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#draining);
  }

  /** Size of a unit that is large enough for a second worker. */
  get #half(): number {
    return (this.#unitOfWork.pipelineThreshold ?? Infinity) / 2;
  }

  /** Maximum number of single-transfer commands in the next unit. */
  get #most(): number {
    const callers = this.#underWay + this.#waiting.length;
    return Math.min(this.#limits.batch, Math.max(this.#half, Math.ceil(callers / 2)));
  }

  #serve(): void {
    if (this.#workers > 1 || (this.#workers === 1 && this.#waiting.length < this.#half)) return;
    this.#workers++;
    const draining = this.#drain();
    this.#draining.add(draining);
    void draining.finally(() => this.#draining.delete(draining));
  }

  async #drain(): Promise<void> {
    do {
      const batch = this.#begin(this.#take());
      const answer = await this.#commit(batch, () => this.#join(batch));
      this.#underWay -= batch.length;
      // Lets the other worker start its unit first, so the store works while these callers are answered
      if (this.#workers > 1) await nextTurn();
      answer();
      await this.#gather(batch.length);
    } while (this.#waiting.length >= this.#least);
    this.#workers--;
  }

  /** Number of waiting commands that are worth a unit. Fewer join the other worker's next unit. */
  get #least(): number {
    return this.#workers > 1 ? this.#half / 2 : 1;
  }

  #begin(batch: Waiting[]): Waiting[] {
    this.#underWay += batch.length;
    this.#latest = batch;
    return batch;
  }

  /** Adds commands that arrived while another unit held the ledger, unless a later batch has started. */
  #join(batch: Waiting[]): void {
    if (this.#latest !== batch) return;
    const joining = this.#take(batch);
    this.#underWay += joining.length;
    batch.push(...joining);
  }

  /**
   * Takes the waiting commands that fit into one unit with `others`, and rejects those past their deadline.
   * Single-transfer commands may overtake large ones.
   */
  #take(others: readonly Waiting[] = []): Waiting[] {
    const room = new Room({ single: this.#most, large: this.#limits.batch });
    for (const one of others) room.take(one);
    const taken: Waiting[] = [];
    const left: Waiting[] = [];
    for (const one of this.#waiting) (room.take(one) ? taken : left).push(one);
    this.#waiting = left;
    return taken.filter((one) => this.#isInTime(one));
  }

  /**
   * Waits briefly for callers that were just answered, so their next commands join this unit. Otherwise the first few
   * would form a small unit, and all others would wait for it. A lone command does not wait.
   */
  async #gather(answered: number): Promise<void> {
    await nextTurn();
    if (answered < GATHER_FROM) return;
    for (let turn = 0; turn < GATHERING_TURNS; turn++) {
      const { length } = this.#waiting;
      if (length >= answered || this.#closed) return;
      await new Promise<void>((resolve) => setTimeout(resolve, 1));
      if (this.#waiting.length === length) return;
    }
  }

  #isInTime(one: Waiting): boolean {
    if (this.#clock.now() < one.deadline) return true;
    this.#reject([one], new PassbookError('unavailable', { retryAfterSeconds: 1 }));
    return false;
  }

  #answer(batch: readonly Waiting[], answers: readonly Decided[]): void {
    if (this.#watch.isOn) {
      this.#watch.answered(
        batch.map(({ marks }, index) => ({ marks, outcome: outcomeOf(answers[index] as Decided) })),
      );
    }
    for (const [index, one] of batch.entries()) settle(one, answers[index] as Decided);
  }

  #reject(batch: readonly Waiting[], fault: unknown): void {
    if (this.#watch.isOn) {
      const outcome = faultOutcome(fault);
      this.#watch.answered(batch.map(({ marks }) => ({ marks, outcome })));
    }
    for (const { reject } of batch) reject(fault);
  }

  /**
   * @param join adds the commands that are waiting when the unit begins
   * @returns the function that answers the unit's callers
   */
  async #commit(batch: Waiting[], join: () => void): Promise<Answering> {
    if (batch.length === 0) return NOBODY;
    const blame: Blame = { culprit: undefined };
    try {
      const { answers, messages, messagesDueAt } = await this.#transact(batch, { join, blame });
      if (messagesDueAt === null) this.#onCommit();
      else this.#directDelivery?.accept(messages, messagesDueAt);
      return () => this.#answer(batch, answers);
    } catch (fault) {
      const { culprit } = blame;
      if (culprit && culprit.fault === fault) return this.#commitWithout(culprit.command, { batch, fault });
      // A store failure concerns every command. Any other error has one culprit and must not fail the rest
      if (batch.length === 1 || fault instanceof PassbookError) {
        return () => this.#reject(batch, fault);
      }
      for (const one of batch) (await this.#commit([one], () => {}))();
      return NOBODY;
    }
  }

  /** Rejects the culprit, and commits the rest in halves: with more culprits, few commands run often. */
  async #commitWithout(
    culprit: Waiting,
    { batch, fault }: { batch: readonly Waiting[]; fault: unknown },
  ): Promise<Answering> {
    culprit.reject(fault);
    const rest = batch.filter((one) => one !== culprit);
    const middle = Math.ceil(rest.length / 2);
    for (const half of [rest.slice(0, middle), rest.slice(middle)]) (await this.#commit(half, () => {}))();
    return NOBODY;
  }

  /** Runs the unit, and tells the observers. */
  async #transact(batch: Waiting[], { join, blame }: UnitPorts): Promise<Committed> {
    if (!this.#watch.isOn) return this.#run(batch, { join, blame });
    let unit: Marks | undefined;
    const begin = () => {
      join();
      unit = this.#watch.began(batch);
    };
    const committed = await this.#run(batch, { join: begin, blame }).catch((fault: unknown) => {
      if (unit) this.#watch.failed(unit, fault);
      throw fault;
    });
    if (unit) {
      const { accountIds, messages } = committed;
      const messageIds = messages.map(({ id }) => id);
      this.#watch.committed(unit, { accountIds: new Set(accountIds), messageIds });
    }
    return committed;
  }

  #run(batch: Waiting[], { join, blame }: UnitPorts): Promise<Committed> {
    const deadline = Math.min(...batch.map((one) => one.deadline));
    let commands: readonly Command[] = [];
    return this.#unitOfWork.transact(
      () => {
        join();
        commands = batch.map(({ command }) => command);
        return { ...prefetchFor(commands, deadline), alongside: alongsideOf(batch, blame) };
      },
      (books) => {
        const all = batch.reduce((sum, { size }) => sum + size, 0);
        const size = Math.min(PART_MOST, Math.max(PART_LEAST, Math.ceil(all / PARTS)));
        return this.#reserve(decideInParts(books, commands, { ...this.#context(), size }));
      },
      deadline,
    );
  }

  /** Reserves direct delivery once, at the first message, for all parts. */
  #reserve(
    part: Decision<readonly Decided[]>,
    before: Reserved = { messages: [], accountIds: [], dueAt: undefined },
  ): Decision<Committed> {
    const messages = [...before.messages, ...part.changes.messages];
    const accountIds = this.#watch.isOn
      ? [...before.accountIds, ...part.changes.accounts.map(({ after }) => after.id)]
      : before.accountIds;
    const isFirst = before.dueAt === undefined && messages.length > 0;
    const dueAt = isFirst ? (this.#directDelivery?.reserve() ?? null) : before.dueAt;
    const changes = { ...part.changes, messagesDueAt: dueAt ?? null };
    if (!('next' in part)) {
      const { messagesDueAt } = changes;
      return { result: { answers: part.result, messages, messagesDueAt, accountIds }, changes };
    }
    return { changes, next: () => this.#reserve(part.next(), { messages, accountIds, dueAt }) };
  }

  #context(): DecisionContext {
    return { now: this.#clock.now(), digest: this.#digest, notify: this.#notify, dryRun: false };
  }
}

/** Resolves with the answer, or rejects with `invalid_request`. */
function settle({ resolve, reject }: Pick<Waiting, 'resolve' | 'reject'>, decided: Decided): void {
  if ('malformed' in decided) reject(new PassbookError('invalid_request', { errors: decided.malformed }));
  else resolve(decided);
}

type UnitPorts = {
  /** Adds the commands that are waiting when the unit begins. */
  readonly join: () => void;
  readonly blame: Blame;
};

/** The command whose own writes failed last. */
type Blame = { culprit: { readonly command: Waiting; readonly fault: unknown } | undefined };

/** The writes of the callers' own, for each command of which the decision changed something. */
function alongsideOf(
  batch: readonly Waiting[],
  blame: Blame,
): NonNullable<UnitTerms<Committed>['alongside']> {
  return batch.flatMap((command, index) => {
    const { alongside } = command;
    if (!alongside) return [];
    const rethrow = (fault: unknown): never => {
      blame.culprit = { command, fault };
      throw fault;
    };
    return (transaction: unknown, { answers }: Committed) => {
      const answer = answers[index];
      if (!hasMovedMoney(answer)) return undefined;
      try {
        const writing = alongside(transaction as never, answer as never);
        // Only a store with asynchronous transactions awaits it
        return isThenable(writing) ? Promise.resolve(writing).catch(rethrow) : undefined;
      } catch (fault) {
        return rethrow(fault);
      }
    };
  });
}

function hasMovedMoney(answer: Decided | undefined): boolean {
  if (!answer || !('outcome' in answer) || answer.replayed) return false;
  const { outcome } = answer;
  return outcome.kind === 'batch'
    ? outcome.members.some(({ kind }) => kind === 'transferred')
    : outcome.kind !== 'refused';
}

function isThenable(value: unknown): value is PromiseLike<void> {
  return typeof value === 'object' && value !== null && 'then' in value;
}

/** Remaining capacity of a unit. */
class Room {
  #single: number;
  #large: number;
  #hasLarge = false;

  constructor({ single, large }: { single: number; large: number }) {
    this.#single = single;
    this.#large = large;
  }

  /** Takes the command if there is room. Returns whether there was. */
  take({ size }: Waiting): boolean {
    if (size <= 1) return this.#single-- > 0;
    if (size > this.#large && this.#hasLarge) return false;
    this.#hasLarge = true;
    this.#large -= size;
    return true;
  }
}

/** Drops all changes of a decision about one command, and returns its answer. */
function unwritten(part: Decision<readonly Decided[]>): Decision<Decided> {
  return 'next' in part
    ? { changes: NO_CHANGES, next: () => unwritten(part.next()) }
    : { result: part.result[0] as Decided, changes: NO_CHANGES };
}
