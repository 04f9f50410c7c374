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
import { nextTurn } from './event-loop.ts';
import type { UnitOfWork } from './ports/ledger-store.ts';
import type { Clock } from './ports/runtime.ts';
import type { DirectDelivery } from './ports/outbox.ts';
import { requireActor } from './validation.ts';

export type WriterLimits = {
  /** How many commands may wait; one more is refused with `queue_full`. */
  readonly queue: number;
  /**
   * How many commands of one transfer one transaction takes at most. It takes larger ones beside them: as many as have
   * no more transfers than this together, and one in any case.
   */
  readonly batch: number;
  /** How long a command may take, waiting included, in milliseconds. */
  readonly deadlineMs: number;
};

/** So many commands in one unit are a crowd, whose next ones are worth some milliseconds. */
const GATHER_FROM = 8;
const GATHERING_TURNS = 10;

/** A unit is decided in so many parts, each of which a store may write while the next is decided. */
const PARTS = 4;
/** Fewer transfers are not worth a part of their own; of more, a part takes some 10 to 40 ms. */
const PART_LEAST = 64;
const PART_MOST = 125;

const DEFAULT_LIMITS: WriterLimits = { queue: 10_000, batch: 500, deadlineMs: 10_000 };

export type SubmitOptions = {
  /** The same checks and the same answer, with nothing kept and no key used up. */
  readonly dryRun?: boolean;
};

type Waiting = {
  readonly command: Command;
  /** As of `sizeOf`. */
  readonly size: number;
  readonly deadline: Instant;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (fault: unknown) => void;
};

type Committed = {
  readonly answers: readonly Decided[];
  readonly messages: readonly Notification[];
  readonly messagesDueAt: Instant | null;
};

/** Gives the callers of a unit their answers. */
type Answering = () => void;
const NOBODY: Answering = () => {};

/** The messages of the parts so far, and what the courier said of them; undefined while there are none. */
type Reserved = { readonly messages: readonly Notification[]; readonly dueAt: Instant | null | undefined };

/**
 * Group commit: while one unit of work commits, commands gather, and the next unit takes all of them in the order
 * they came. A lone command is taken at once. Each gets its own answer, after the commit that holds it.
 * Where a store gains by halves, many callers are served in two lanes: one half is on its way to the store while the
 * other is answered and asks again.
 */
export class CommandWriter {
  readonly #unitOfWork: UnitOfWork;
  readonly #clock: Clock;
  readonly #digest: Digest;
  readonly #notify: boolean;
  readonly #onCommit: () => void;
  readonly #courier: DirectDelivery | undefined;
  readonly #limits: WriterLimits;
  #waiting: Waiting[] = [];
  /** How many take one unit after another to the store. */
  #workers = 0;
  readonly #draining = new Set<Promise<void>>();
  /** How many commands are in their units. */
  #underWay = 0;
  /** The batch that was begun last. */
  #latest: readonly Waiting[] = [];
  #closed = false;

  constructor(ports: {
    unitOfWork: UnitOfWork;
    clock: Clock;
    digest: Digest;
    /** Whether owners are sent messages. */
    notify: boolean;
    /** Called after each commit of which nobody took the messages, before its callers are answered; must not throw. */
    onCommit?: () => void;
    /** Whom to hand the messages of a commit to, before its callers are answered; must not throw. */
    courier?: DirectDelivery;
    limits?: Partial<WriterLimits>;
  }) {
    this.#unitOfWork = ports.unitOfWork;
    this.#clock = ports.clock;
    this.#digest = ports.digest;
    this.#notify = ports.notify;
    this.#onCommit = ports.onCommit ?? (() => {});
    this.#courier = ports.courier;
    this.#limits = { ...DEFAULT_LIMITS, ...ports.limits };
  }

  /** How long a command may take, in milliseconds. */
  get deadlineMs(): number {
    return this.#limits.deadlineMs;
  }

  /**
   * @throws PassbookError `invalid_request` for an actor that cannot be one, and for a hold that would have expired
   * @throws PassbookError `queue_full` if too many wait, or `unavailable` if the writer is closed or the command
   *   waited past its deadline: nothing was done; and whatever `UnitOfWork.transact` throws
   */
  async submit(command: Command, { dryRun = false }: SubmitOptions = {}): Promise<Answer> {
    requireActor(command.actor);
    if (dryRun) return this.#dryRun(command);
    if (this.#closed) {
      throw new PassbookError('unavailable', { reason: 'The ledger is closed, nothing was done' });
    }
    if (this.#waiting.length >= this.#limits.queue) {
      throw new PassbookError('queue_full', { retryAfterSeconds: 1 });
    }
    return new Promise((resolve, reject) => {
      const deadline = this.#clock.now() + this.#limits.deadlineMs;
      this.#waiting.push({ command, size: sizeOf(command), deadline, resolve, reject });
      this.#serve();
    });
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

  /** Takes no more commands, and waits until those it has are answered. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#draining);
  }

  /** So many commands make a unit large enough where there are others. */
  get #half(): number {
    return (this.#unitOfWork.pipelineThreshold ?? Infinity) / 2;
  }

  /** How many commands a unit takes. */
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
      // The other half is on its way then, and the store works while these are answered
      if (this.#workers > 1) await nextTurn();
      answer();
      await this.#gather(batch.length);
    } while (this.#waiting.length >= this.#least);
    this.#workers--;
  }

  /** So many who wait are worth a unit; fewer go with the other lane's next one. */
  get #least(): number {
    return this.#workers > 1 ? this.#half / 2 : 1;
  }

  #begin(batch: Waiting[]): Waiting[] {
    this.#underWay += batch.length;
    this.#latest = batch;
    return batch;
  }

  /** Who comes while another unit has the ledger comes along, unless others have gone before them. */
  #join(batch: Waiting[]): void {
    if (this.#latest !== batch) return;
    const joining = this.#take(batch);
    this.#underWay += joining.length;
    batch.push(...joining);
  }

  /**
   * The first of those that wait and that go into one unit with `others`, but for those whose time is over. Commands of
   * one transfer do not wait for large ones before them.
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
   * Whoever was just answered and asks again at once comes along. Where many were, their next commands are on their way
   * here: those who are there first would go alone, and all others wait for them. A lone command waits for nobody.
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

  #isInTime({ deadline, reject }: Waiting): boolean {
    if (this.#clock.now() < deadline) return true;
    reject(new PassbookError('unavailable', { retryAfterSeconds: 1 }));
    return false;
  }

  /**
   * @param join takes into the batch who else is there when the unit begins
   * @returns what gives its callers their answers
   */
  async #commit(batch: Waiting[], join: () => void): Promise<Answering> {
    if (batch.length === 0) return NOBODY;
    try {
      const { answers, messages, messagesDueAt } = await this.#transact(batch, join);
      if (messagesDueAt === null) this.#onCommit();
      else this.#courier?.accept(messages, messagesDueAt);
      return () => {
        for (const [index, one] of batch.entries()) settle(one, answers[index] as Decided);
      };
    } catch (fault) {
      // A fault of the store is everybody's. Anything else is one command's, and must not fail the innocent.
      if (batch.length === 1 || fault instanceof PassbookError) {
        return () => {
          for (const { reject } of batch) reject(fault);
        };
      }
      for (const one of batch) (await this.#commit([one], () => {}))();
      return NOBODY;
    }
  }

  #transact(batch: Waiting[], join: () => void): Promise<Committed> {
    const deadline = Math.min(...batch.map((one) => one.deadline));
    let commands: readonly Command[] = [];
    return this.#unitOfWork.transact(
      () => {
        join();
        commands = batch.map(({ command }) => command);
        return prefetchFor(commands, deadline);
      },
      (books) => {
        const all = batch.reduce((sum, { size }) => sum + size, 0);
        const size = Math.min(PART_MOST, Math.max(PART_LEAST, Math.ceil(all / PARTS)));
        return this.#reserve(decideInParts(books, commands, { ...this.#context(), size }));
      },
      deadline,
    );
  }

  /** Asks the courier once, at the first message, for all parts. */
  #reserve(
    part: Decision<readonly Decided[]>,
    before: Reserved = { messages: [], dueAt: undefined },
  ): Decision<Committed> {
    const messages = [...before.messages, ...part.changes.messages];
    const isFirst = before.dueAt === undefined && messages.length > 0;
    const dueAt = isFirst ? (this.#courier?.reserve() ?? null) : before.dueAt;
    const changes = { ...part.changes, messagesDueAt: dueAt ?? null };
    if (!('next' in part)) {
      return { result: { answers: part.result, messages, messagesDueAt: changes.messagesDueAt }, changes };
    }
    return { changes, next: () => this.#reserve(part.next(), { messages, dueAt }) };
  }

  #context(): DecisionContext {
    return { now: this.#clock.now(), digest: this.#digest, notify: this.#notify, dryRun: false };
  }
}

/** Gives a caller the answer, or rejects with `invalid_request`. */
function settle({ resolve, reject }: Pick<Waiting, 'resolve' | 'reject'>, decided: Decided): void {
  if ('malformed' in decided) reject(new PassbookError('invalid_request', { errors: decided.malformed }));
  else resolve(decided);
}

/** How much more goes into a unit. */
class Room {
  #single: number;
  #large: number;
  #hasLarge = false;

  constructor({ single, large }: { single: number; large: number }) {
    this.#single = single;
    this.#large = large;
  }

  /** Whether there was room for it. */
  take({ size }: Waiting): boolean {
    if (size <= 1) return this.#single-- > 0;
    if (size > this.#large && this.#hasLarge) return false;
    this.#hasLarge = true;
    this.#large -= size;
    return true;
  }
}

/** The answer to the one command of a decision, none of whose changes are kept. */
function unwritten(part: Decision<readonly Decided[]>): Decision<Decided> {
  return 'next' in part
    ? { changes: NO_CHANGES, next: () => unwritten(part.next()) }
    : { result: part.result[0] as Decided, changes: NO_CHANGES };
}
