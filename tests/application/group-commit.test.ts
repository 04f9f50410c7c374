import { describe, expect, it, vi } from 'vitest';
import { sha256 } from '../../src/adapters/shared/sha256.ts';
import { CommandWriter } from '../../src/application/group-commit.ts';
import type { WriterLimits } from '../../src/application/group-commit.ts';
import type { UnitOfWork } from '../../src/application/ports/ledger-store.ts';
import type { DirectDelivery } from '../../src/application/ports/outbox.ts';
import { whole } from '../../src/domain/books/changes.ts';
import type { Books } from '../../src/domain/books/working-books.ts';
import type { Decision, WholeDecision } from '../../src/domain/books/changes.ts';
import type { Command } from '../../src/domain/books/command.ts';
import type { Prefetch } from '../../src/domain/books/prefetch.ts';
import { PassbookError } from '../../src/domain/errors.ts';
import type { Answer } from '../../src/domain/books/outcome.ts';
import type { Instant } from '../../src/domain/time.ts';
import { anAccount, FixedClock, JANUARY } from '../../src/testing/fixtures/builders.ts';
import {
  aBatchCommand,
  anOpenCommand,
  anInstruction,
  aTransferCommand,
  WholeBooks,
} from '../../src/testing/fixtures/commands.ts';

type Unit = {
  /** Asks for it where the store was busy. */
  readonly prefetch: Prefetch;
  readonly deadline: Instant;
  /** Runs the decision, again if told so, writes what it changes, and lets the writer go on. */
  commit(options?: { readonly beforeEachRun?: readonly (() => void)[] }): Promise<void>;
  fail(fault: Error): Promise<void>;
};

/** A unit of work that commits when the test says so. */
class HandDrivenUnitOfWork implements UnitOfWork {
  readonly units: Unit[] = [];
  /** How many transfers are in each part of each decision. */
  readonly parts: number[] = [];
  readonly books: WholeBooks;
  /** Units begin when they are told to go on, as where another process has the ledger. */
  isBusy = false;
  onBegin = (): unknown => undefined;
  pipelineThreshold: number | undefined;

  constructor(books: WholeBooks, halvesFrom: number) {
    this.books = books;
    this.pipelineThreshold = halvesFrom;
  }

  transact<R>(ask: () => Prefetch, decide: (books: Books) => Decision<R>, deadline: Instant): Promise<R> {
    this.onBegin();
    let asked = this.isBusy ? undefined : ask();
    const begin = () => (asked ??= ask());
    return new Promise((resolve, reject) => {
      const commit: Unit['commit'] = async ({ beforeEachRun = [() => {}] } = {}) => {
        try {
          begin();
          let decision: WholeDecision<R> | undefined;
          for (const before of beforeEachRun) {
            before();
            decision = whole(this.#counted(decide(this.books)));
          }
          if (!decision) throw new TypeError('A decision runs once or more');
          this.books.write(decision.changes);
          resolve(decision.result);
        } catch (fault) {
          reject(fault instanceof Error ? fault : new TypeError(String(fault)));
        }
        await settled();
      };
      const fail = async (fault: Error) => {
        reject(fault);
        await settled();
      };
      this.units.push({
        get prefetch() {
          return begin();
        },
        deadline,
        commit,
        fail,
      });
    });
  }

  #counted<R>(part: Decision<R>): Decision<R> {
    this.parts.push(part.changes.transfers.length);
    return 'next' in part ? { ...part, next: () => this.#counted(part.next()) } : part;
  }

  run(): Promise<never> {
    throw new TypeError('The writer has one door');
  }
}

function aWriter({
  limits = {},
  accounts = [],
  notify = false,
  directDelivery,
  halvesFrom = Infinity,
}: {
  limits?: Partial<WriterLimits>;
  accounts?: Parameters<typeof anAccount>[0][];
  notify?: boolean;
  directDelivery?: DirectDelivery;
  halvesFrom?: number;
} = {}) {
  const clock = new FixedClock();
  const books = new WholeBooks(accounts.map((account) => anAccount(account)));
  const unitOfWork = new HandDrivenUnitOfWork(books, halvesFrom);
  const events: string[] = [];
  const writer = new CommandWriter({
    unitOfWork,
    clock,
    digest: sha256,
    notify,
    onCommit: () => events.push('committed'),
    limits,
    ...(directDelivery ? { directDelivery } : {}),
  });
  /** Submits, and notes under the command's id how it ends. */
  const submit = (command: Command) => {
    const answer = writer.submit(command);
    answer.then(
      () => events.push(nameOf(command)),
      (fault: Error) =>
        events.push(`${nameOf(command)}: ${fault instanceof PassbookError ? fault.code : fault.message}`),
    );
    return answer;
  };
  const unitAt = async (index: number): Promise<Unit> => {
    await vi.waitFor(() => expect(unitOfWork.units.length).toBeGreaterThan(index));
    return unitOfWork.units[index] as Unit;
  };
  /** Submits openings of these names. */
  const many = (from: number, to: number) => {
    for (let index = from; index < to; index++) submit(open(`${index}`)).catch(() => {});
  };
  const { units, parts } = unitOfWork;
  return { writer, clock, unitOfWork, units, parts, unitAt, books, events, submit, many };
}

/** The id that a command draws. */
function nameOf(command: Command): string {
  if (command.type === 'transfer') return command.instruction.id;
  return 'id' in command ? command.id : command.type;
}

/** An opening by its own owner, so that a unit's `prefetch` names the commands in it. */
function open(name: string): Command {
  return anOpenCommand({ id: name, ownerId: name });
}

/** Breaks the decision itself, as only a fault of the program can. */
function poison(name: string): Command {
  return anOpenCommand({ id: name, ownerId: name, currency: 'XXX' });
}

const openedIn = (unit: Unit | undefined) => unit?.prefetch.ownerIds;

describe('group commit', () => {
  it('takes a lone command immediately', async () => {
    const { units, submit } = aWriter();
    const answer = submit(open('a'));
    expect(units.map(openedIn)).toEqual([['a']]);
    await units[0]?.commit();
    expect(await answer).toMatchObject({
      replayed: false,
      outcome: { kind: 'opened', account: { id: 'a' } },
    });
  });

  it('takes everything that waits during a commit into the next unit, in order of arrival', async () => {
    const { units, submit, events } = aWriter();
    for (const name of ['a', 'b', 'c', 'd']) void submit(open(name));
    await settled();
    expect(units.map(openedIn)).toEqual([['a']]);

    await units[0]?.commit();
    void submit(open('e'));
    expect(units.map(openedIn)).toEqual([['a'], ['b', 'c', 'd']]);
    await units[1]?.commit();
    expect(units.map(openedIn)).toEqual([['a'], ['b', 'c', 'd'], ['e']]);
    await units[2]?.commit();
    expect(events).toEqual(['committed', 'a', 'committed', 'b', 'c', 'd', 'committed', 'e']);
  });

  it('takes everything that arrives before the store begins, up to the size of a batch', async () => {
    const { unitOfWork, units, submit, events } = aWriter({ limits: { batch: 3 } });
    unitOfWork.isBusy = true;
    for (const name of ['a', 'b', 'c', 'd']) void submit(open(name));
    await settled();
    expect(units).toHaveLength(1);

    await units[0]?.commit();
    expect(units.map(openedIn)).toEqual([['a', 'b', 'c'], ['d']]);
    await units[1]?.commit();
    expect(events).toEqual(['committed', 'a', 'b', 'c', 'committed', 'd']);
  });

  it('counts the transfers of large commands, and lets single transfers overtake them', async () => {
    const { units, unitAt, submit } = aWriter({ limits: { batch: 5 } });
    const batchOf = (length: number) =>
      aBatchCommand({ instructions: Array.from({ length }, () => anInstruction()), linked: false });
    const large = [batchOf(3), batchOf(8), batchOf(2), batchOf(9), batchOf(1)];
    void submit(open('a'));
    for (const command of large) void submit(command);
    void submit(open('b'));
    const batchesIn = ({ prefetch }: Unit) =>
      prefetch.keys.flatMap((key) => {
        const index = large.findIndex((command) => command.key?.key === key.key);
        return index < 0 ? [] : [index];
      });

    await units[0]?.commit();
    expect(batchesIn(await unitAt(1))).toEqual([0, 2, 4]);
    expect(openedIn(units[1])).toEqual(['b']);
    await units[1]?.commit();
    expect(batchesIn(await unitAt(2))).toEqual([1]);
    await units[2]?.commit();
    expect(batchesIn(await unitAt(3))).toEqual([3]);
    await units[3]?.commit();
  });

  it('decides a large batch in parts, linked or not', async () => {
    for (const linked of [false, true]) {
      const { units, submit, parts } = aWriter({
        accounts: [{ id: 'from', ownerId: 'alice', balance: 10_000n }, { id: 'to' }],
      });
      const orders = Array.from({ length: 1_000 }, () =>
        anInstruction({ sourceAccountId: 'from', destinationAccountId: 'to', amount: 1n }),
      );
      void submit(aBatchCommand({ instructions: orders, linked }));
      await units[0]?.commit();
      expect(parts.reduce((sum, size) => sum + size, 0)).toBe(1_000);
      expect(Math.max(...parts)).toBe(125);
    }
  });

  it('starts a second unit when many callers wait during a unit, and no third', async () => {
    const { units, unitAt, submit, many } = aWriter({ halvesFrom: 256 });
    many(0, 128);
    expect(units.map(openedIn)).toEqual([['0']]);
    void submit(open('128'));
    expect(openedIn(units[1])).toHaveLength(128);
    many(129, 500);
    expect(units).toHaveLength(2);

    await units[0]?.commit();
    expect(openedIn(units[2])).toHaveLength(250);
    many(500, 628);
    await units[1]?.commit();
    expect(openedIn(await unitAt(3))).toHaveLength(249);
    await units[2]?.commit();
    await units[3]?.commit();
    expect(units.flatMap(openedIn)).toEqual(Array.from({ length: 628 }, (_, index) => `${index}`));
  });

  it('answers one unit while the other is under way', async () => {
    const { units, many, events } = aWriter({ halvesFrom: 256 });
    many(0, 129);
    await units[0]?.commit();
    expect(events).toEqual(['committed', '0']);
    many(129, 257);

    events.length = 0;
    // As a store that begins with what waits once it has committed
    setImmediate(() => events.push('sent'));
    await units[1]?.commit();
    expect(events).toEqual([
      'committed',
      'sent',
      ...Array.from({ length: 128 }, (_, index) => `${index + 1}`),
    ]);
  });

  it('returns to one unit at a time when few callers are left, or when the store gains nothing from two', async () => {
    const { unitOfWork, units, unitAt, submit, many } = aWriter({ halvesFrom: 256 });
    many(0, 192);
    for (const index of [0, 1]) await units[index]?.commit();
    // One lane has ended by itself, and the other has taken what is less than half a half
    expect(openedIn(await unitAt(2))).toHaveLength(63);
    for (const name of ['a', 'b']) void submit(open(name));
    expect(units).toHaveLength(3);
    await units[2]?.commit();
    expect(openedIn(await unitAt(3))).toEqual(['a', 'b']);

    many(200, 328);
    expect(openedIn(units[4])).toHaveLength(128);
    unitOfWork.pipelineThreshold = undefined;
    many(328, 480);
    await units[3]?.commit();
    expect(units).toHaveLength(5);
    await units[4]?.commit();
    expect(openedIn(await unitAt(5))).toHaveLength(152);
  });

  it('keeps the order of arrival if a store takes the commands of a unit late', () => {
    const { unitOfWork, units, many } = aWriter({ halvesFrom: 256 });
    unitOfWork.isBusy = true;
    many(0, 139);
    expect(units).toHaveLength(2);
    expect(openedIn(units[0])).toEqual(['0']);
    expect(openedIn(units[1])).toEqual(Array.from({ length: 128 }, (_, index) => `${index + 1}`));
    many(139, 300);
    expect(openedIn(units[1])).toHaveLength(128);
  });

  it('takes everything into one unit if the store gains nothing from two', async () => {
    const { units, submit } = aWriter();
    for (let index = 0; index < 400; index++) void submit(open(`${index}`));
    for (const index of [0, 1]) await units[index]?.commit();
    expect(units.map((unit) => openedIn(unit)?.length)).toEqual([1, 399]);
  });

  it('adds no command to a unit that is larger than half already', async () => {
    const { unitOfWork, units, many } = aWriter();
    many(0, 301);
    unitOfWork.isBusy = true;
    await units[0]?.commit();
    unitOfWork.pipelineThreshold = 256;
    many(301, 421);
    expect(units).toHaveLength(2);
    expect(openedIn(units[1])).toHaveLength(300);
  });

  it('halves the commands that still wait, not those already taken', async () => {
    const { unitOfWork, units, unitAt, many, submit } = aWriter();
    unitOfWork.isBusy = true;
    many(0, 299);
    const last = submit(open('last'));
    void units[0]?.commit();
    // The writer now waits for the next commands of the callers that it has answered
    await last;
    expect(openedIn(units[0])).toHaveLength(300);
    unitOfWork.isBusy = false;
    unitOfWork.pipelineThreshold = 256;
    many(300, 600);
    expect(openedIn(await unitAt(1))).toHaveLength(128);
    expect(openedIn(await unitAt(2))).toHaveLength(150);
  });

  it('takes no more than a batch into one of two units', async () => {
    const { units, unitAt, many } = aWriter({ limits: { batch: 200 }, halvesFrom: 256 });
    many(0, 650);
    for (let index = 0; index < 5; index++) await (await unitAt(index)).commit();
    expect(units.map((unit) => openedIn(unit)?.length)).toEqual([1, 128, 200, 200, 121]);
  });

  it('answers a unit that failed as a whole, and continues with the other', async () => {
    const { units, unitAt, many, events } = aWriter({ halvesFrom: 256 });
    many(0, 300);
    await units[0]?.commit();
    events.length = 0;
    await units[1]?.fail(
      new PassbookError('unavailable', { reason: 'The ledger is closed, nothing was done' }),
    );
    expect(events).toEqual(Array.from({ length: 128 }, (_, index) => `${index + 1}: unavailable`));
    await units[2]?.commit();
    await (await unitAt(3)).commit();
    expect(events).toHaveLength(128 + 2 + 171);
  });

  it('excludes commands that arrive after a unit began, or while its commands run one by one', async () => {
    const { unitOfWork, units, submit, events } = aWriter();
    unitOfWork.isBusy = true;
    submit(poison('p')).catch(() => {});
    void submit(open('a'));
    expect(openedIn(units[0])).toEqual(['p', 'a']);
    void submit(open('b'));
    for (let index = 0; index < 4; index++) await units[index]?.commit();
    expect(units.map(openedIn)).toEqual([['p', 'a'], ['p'], ['a'], ['b']]);
    expect(events).toEqual(['p: "XXX" is not a currency of ISO 4217', 'committed', 'a', 'committed', 'b']);
  });

  it('answers nobody before the commit of the answer, and reports the commit first', async () => {
    const { units, submit, events } = aWriter();
    void submit(open('a'));
    void submit(open('b'));
    await settled();
    expect(events).toEqual([]);

    await units[0]?.commit();
    expect(events).toEqual(['committed', 'a']);
    await units[1]?.commit();
    expect(events).toEqual(['committed', 'a', 'committed', 'b']);
  });

  it('gives each command its own answer', async () => {
    const { units, submit } = aWriter({
      accounts: [{ id: 'from', ownerId: 'alice', balance: 150n }, { id: 'to' }],
    });
    const pay = () => aTransferCommand({ sourceAccountId: 'from', destinationAccountId: 'to' });
    const first = pay();
    const answers = [
      open('x'),
      first,
      pay(),
      { ...first, instruction: { ...first.instruction, id: 'again' } },
      anOpenCommand({ key: first.key }),
    ].map(submit);
    await units[0]?.commit();
    await units[1]?.commit();

    expect(await Promise.all(answers)).toMatchObject([
      { replayed: false, outcome: { kind: 'opened', account: { id: 'x' } } },
      { replayed: false, outcome: { kind: 'transferred', transfer: { id: first.instruction.id } } },
      { replayed: false, outcome: { kind: 'refused', code: 'insufficient_funds' } },
      { replayed: true, outcome: { kind: 'transferred', transfer: { id: first.instruction.id } } },
      { conflict: { field: 'ownerId' } },
    ]);
  });

  it('starts afresh after each idle period', async () => {
    const { units, submit } = aWriter();
    for (const name of ['a', 'b', 'c']) {
      void submit(open(name));
      expect(openedIn(units.at(-1))).toEqual([name]);
      await units.at(-1)?.commit();
    }
    expect(units).toHaveLength(3);
  });

  it('requests from the store the prefetch of its commands', () => {
    const { units, submit, clock } = aWriter({ limits: { deadlineMs: 1000 } });
    const command = aTransferCommand({ sourceAccountId: 'from', destinationAccountId: 'to' });
    void submit(command);
    expect(units[0]?.prefetch).toEqual({
      accountIds: ['from', 'to'],
      transferIds: [],
      purposes: [],
      activeAccounts: [],
      activeCount: 1,
      ownerIds: [],
      keys: [command.key],
      identifiers: [],
      holdsDueBy: clock.now() + 1000,
      alongside: [],
      auditHead: false,
    });
  });

  it('reads the clock for each run of a decision, and stores the last reading', async () => {
    const { units, submit, clock, books } = aWriter();
    const start = clock.now();
    void submit(open('a'));
    const later = () => clock.advance(1000);
    await units[0]?.commit({ beforeEachRun: [later, later, later] });
    expect(books.account('a')?.createdAt).toBe(start + 3000);
  });

  it.each([
    [true, 2],
    [false, 0],
  ])('writes notifications according to its option: %s', async (notify, count) => {
    const { units, submit, books } = aWriter({
      notify,
      accounts: [
        { id: 'from', ownerId: 'alice', balance: 150n },
        { id: 'to', ownerId: 'bob' },
      ],
    });
    let messages = -1;
    const write = books.write.bind(books);
    books.write = (changes) => {
      messages = changes.messages.length;
      write(changes);
    };
    void submit(aTransferCommand({ sourceAccountId: 'from', destinationAccountId: 'to' }));
    await units[0]?.commit();
    expect(messages).toBe(count);
  });
});

describe('the notifications of a commit', () => {
  const accounts = [
    { id: 'from', ownerId: 'alice', balance: 100n },
    { id: 'to', ownerId: 'bob' },
  ];
  const pay = (id: string, amount: bigint) =>
    aTransferCommand({
      id,
      sourceAccountId: 'from',
      destinationAccountId: 'to',
      actor: { kind: 'user', id: 'alice' },
      amount,
    });

  it('are written as claimed if direct delivery has room, and handed over before any caller is answered', async () => {
    const handed: [ids: string[], until: Instant][] = [];
    const directDelivery: DirectDelivery = {
      reserve: () => JANUARY + 500,
      accept: (messages, until) => {
        handed.push([messages.map(({ id }) => id), until]);
        events.push('handed over');
      },
    };
    const { units, submit, events } = aWriter({ accounts, notify: true, directDelivery });
    void submit(pay('paid', 10n));
    await settled();
    expect(handed).toEqual([]);

    await units[0]?.commit({ beforeEachRun: [() => {}, () => {}] });
    expect(handed).toEqual([[['paid.sent', 'paid.received'], JANUARY + 500]]);
    expect(events).toEqual(['handed over', 'paid']);
  });

  it('of many commands are reserved once, and handed over together', async () => {
    let reserved = 0;
    const handed: string[][] = [];
    const directDelivery: DirectDelivery = {
      // Only the first of a unit may be told that there is room
      reserve: () => (reserved++ === 0 ? JANUARY + 500 : null),
      accept: (messages) => handed.push(messages.map(({ id }) => id)),
    };
    const { units, submit } = aWriter({ accounts, notify: true, directDelivery });
    void submit(pay('refused', 1000n));
    await settled();
    const names = Array.from({ length: 100 }, (_, index) => `paid ${index}`);
    for (const name of names) void submit(pay(name, 1n));
    await units[0]?.commit();
    await units[1]?.commit();

    expect(reserved).toBe(1);
    expect(handed).toEqual([names.flatMap((name) => [`${name}.sent`, `${name}.received`])]);
  });

  it('stay in the outbox if direct delivery has no room; a unit without notifications hands over nothing', async () => {
    let reserved = 0;
    const directDelivery: DirectDelivery = {
      reserve: () => {
        reserved += 1;
        return null;
      },
      accept: () => events.push('handed over'),
    };
    const { units, submit, events } = aWriter({ accounts, notify: true, directDelivery });
    void submit(pay('paid', 10n));
    await settled();
    await units[0]?.commit();
    void submit(pay('refused', 1000n));
    await settled();
    await units[1]?.commit();

    expect(reserved).toBe(1);
    expect(events).toEqual(['committed', 'paid', 'committed', 'refused']);
  });
});

describe('the limit of a batch', () => {
  it('leaves the remaining commands to the next units', async () => {
    const { units, submit } = aWriter({ limits: { batch: 2 } });
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) void submit(open(name));
    for (const index of [0, 1, 2, 3]) await units[index]?.commit();
    expect(units.map(openedIn)).toEqual([['a'], ['b', 'c'], ['d', 'e'], ['f']]);
  });
});

describe('the limit of the queue', () => {
  it('refuses one command beyond it immediately, with the advice to retry with the same key', async () => {
    const { units, submit, events } = aWriter({ limits: { queue: 2 } });
    for (const name of ['a', 'b', 'c']) void submit(open(name));
    await expect(submit(open('d'))).rejects.toEqual(
      new PassbookError('queue_full', { retryAfterSeconds: 1 }),
    );
    expect(events).toEqual(['d: queue_full']);

    await units[0]?.commit();
    void submit(open('e'));
    await units[1]?.commit();
    await units[2]?.commit();
    expect(units.map(openedIn)).toEqual([['a'], ['b', 'c'], ['e']]);
  });
});

describe('the deadline of a command', () => {
  it('counts from its submission, and the earliest one is the deadline of its unit', async () => {
    const { units, submit, clock } = aWriter({ limits: { deadlineMs: 1000 } });
    const start = clock.now();
    void submit(open('a'));
    clock.advance(10);
    void submit(open('b'));
    clock.advance(10);
    void submit(open('c'));
    await units[0]?.commit();
    expect(units.map(({ deadline }) => deadline)).toEqual([start + 1000, start + 1010]);
  });

  it('ends its wait: from then on it is unavailable, and the others continue without it', async () => {
    const { units, submit, clock, events } = aWriter({ limits: { deadlineMs: 1000 } });
    void submit(open('a'));
    const late = submit(open('late'));
    late.catch(() => {});
    clock.advance(1);
    void submit(open('in time'));
    clock.advance(999);
    await units[0]?.commit();

    expect(units.map(openedIn)).toEqual([['a'], ['in time']]);
    await expect(late).rejects.toEqual(new PassbookError('unavailable', { retryAfterSeconds: 1 }));
    await units[1]?.commit();
    expect(events).toEqual(['committed', 'a', 'late: unavailable', 'committed', 'in time']);
  });

  it('may pass for all waiting commands; then no unit begins, and the writer accepts new ones', async () => {
    const { units, submit, clock, events } = aWriter({ limits: { deadlineMs: 1000 } });
    void submit(open('a'));
    submit(open('b')).catch(() => {});
    clock.advance(1000);
    await units[0]?.commit();
    expect(events).toEqual(['committed', 'a', 'b: unavailable']);

    void submit(open('c'));
    expect(units.map(openedIn)).toEqual([['a'], ['c']]);
  });
});

describe('a fault', () => {
  it.each(['unavailable', 'outcome_unknown'] as const)(
    'of the store, %s, reaches all callers of its unit, and no others',
    async (code) => {
      const { units, submit, events } = aWriter();
      void submit(open('a'));
      for (const name of ['b', 'c']) submit(open(name)).catch(() => {});
      await units[0]?.commit();
      void submit(open('d'));
      await units[1]?.fail(new PassbookError(code));
      await units[2]?.commit();

      expect(units.map(openedIn)).toEqual([['a'], ['b', 'c'], ['d']]);
      expect(events).toEqual(['committed', 'a', `b: ${code}`, `c: ${code}`, 'committed', 'd']);
    },
  );

  it('of one command does not affect the others: each then runs in its own unit', async () => {
    const { units, submit, events } = aWriter();
    void submit(open('a'));
    void submit(open('b'));
    submit(poison('p')).catch(() => {});
    void submit(open('c'));
    for (let index = 0; index < 5; index++) await units[index]?.commit();

    expect(units.map(openedIn)).toEqual([['a'], ['b', 'p', 'c'], ['b'], ['p'], ['c']]);
    expect(events).toEqual([
      'committed',
      'a',
      'committed',
      'b',
      'p: "XXX" is not a currency of ISO 4217',
      'committed',
      'c',
    ]);
  });

  it('of a lone command reaches its caller unchanged', async () => {
    const { units, submit } = aWriter();
    const answer = submit(open('a'));
    const fault = new RangeError('unheard of');
    answer.catch(() => {});
    await units[0]?.fail(fault);
    await expect(answer).rejects.toBe(fault);

    void submit(open('b'));
    expect(units.map(openedIn)).toEqual([['a'], ['b']]);
  });
});

describe('closing', () => {
  it('refuses new commands, and waits for the accepted ones', async () => {
    const { writer, units, submit, events } = aWriter();
    void submit(open('a'));
    void submit(open('b'));
    const closed = writer.close().then(() => events.push('closed'));
    await expect(submit(open('c'))).rejects.toEqual(
      new PassbookError('unavailable', { reason: 'The ledger is closed, nothing was done' }),
    );

    await units[0]?.commit();
    expect(events).not.toContain('closed');
    await units[1]?.commit();
    await closed;
    expect(units.map(openedIn)).toEqual([['a'], ['b']]);
    expect(events).toEqual(['c: unavailable', 'committed', 'a', 'committed', 'b', 'closed']);
  });

  it('is immediate if nothing waits, and may be repeated', async () => {
    const { writer, submit } = aWriter();
    await writer.close();
    await writer.close();
    const answer: Promise<Answer> = submit(open('a'));
    await expect(answer).rejects.toEqual(
      new PassbookError('unavailable', { reason: 'The ledger is closed, nothing was done' }),
    );
  });
});

/** Lets everything run that waits for nothing but its turn: the writer takes one of its own after each commit. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}
