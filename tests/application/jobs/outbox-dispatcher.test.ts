import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../src/adapters/memory/index.ts';
import { OutboxDispatcher } from '../../../src/application/jobs/outbox-dispatcher.ts';
import type { DispatcherOptions } from '../../../src/application/jobs/outbox-dispatcher.ts';
import { MailServerFault } from '../../../src/application/ports/outbox.ts';
import type { UnitOfWork } from '../../../src/application/ports/ledger-store.ts';
import type { Mailer } from '../../../src/application/ports/outbox.ts';
import type { Notification } from '../../../src/domain/entities/notification.ts';
import { PassbookError } from '../../../src/domain/errors.ts';
import { NO_CHANGES, aPrefetch } from '../../../src/testing/fixtures/bank.ts';
import { aUser, aWelcome, FixedClock, JANUARY } from '../../../src/testing/fixtures/builders.ts';
import { RecordingLog, RecordingMailer } from '../../support/people.ts';

const MINUTE_MS = 60_000;

const OPTIONS: DispatcherOptions = {
  batch: 3,
  leaseMs: MINUTE_MS,
  pollMs: 3_600_000,
  delayMs: 1000,
  maxDelayMs: 5000,
  maxAttempts: 6,
};

async function anOutbox({
  mailer = new RecordingMailer(),
  options = {},
}: {
  mailer?: Mailer;
  options?: Partial<DispatcherOptions>;
} = {}) {
  const clock = new FixedClock();
  const log = new RecordingLog();
  const user = aUser();
  const { unitOfWork } = createMemoryStore();
  await unitOfWork.run(({ users }) => users.insert(user, 'hash'));
  const open = (through: UnitOfWork = unitOfWork) =>
    new OutboxDispatcher({ unitOfWork: through, mailer, clock, log, options: { ...OPTIONS, ...options } });
  return {
    clock,
    log,
    user,
    unitOfWork,
    open,
    dispatcher: open(),
    add: (...messages: readonly Notification[]) =>
      unitOfWork.run(async ({ outbox }) => {
        for (const message of messages) await outbox.add(message);
      }),
    /** What is due now, without waiting for a lease or a delay. */
    due: () => {
      const now = clock.now();
      return unitOfWork.run(({ outbox }) => outbox.claim({ now, leaseUntil: now, limit: 100 }));
    },
  };
}

describe('dispatching', () => {
  it('sends due messages to their recipients, once each, earliest due first', async () => {
    const mailer = new RecordingMailer();
    const { dispatcher, add, user, clock, log } = await anOutbox({ mailer });
    const [later, sooner] = [
      aWelcome({ recipientId: user.id, at: JANUARY - 1 }),
      aWelcome({ recipientId: user.id, at: JANUARY - 2 }),
    ];
    await add(later, sooner, aWelcome({ recipientId: user.id, at: JANUARY + 1 }));

    expect(await dispatcher.dispatch()).toBe(2);
    expect(mailer.sent).toEqual([
      { message: sooner, recipient: user },
      { message: later, recipient: user },
    ]);
    expect(await dispatcher.dispatch()).toBe(0);
    clock.advance(10 * MINUTE_MS);
    expect(await dispatcher.dispatch()).toBe(1);
    expect(mailer.sent).toHaveLength(3);
    expect(log.lines).toEqual(['info: mail sent', 'info: mail sent', 'info: mail sent']);
  });

  it('logs the path of a mail that was written to a file, and does not report it as sent', async () => {
    const mailer = new RecordingMailer({ file: 'mail/1.eml' });
    const { dispatcher, add, user, log } = await anOutbox({ mailer });
    const message = aWelcome({ recipientId: user.id, at: JANUARY - 1 });
    await add(message);
    await dispatcher.dispatch();
    expect(log.lines).toEqual(['info: mail written']);
    expect(log.infos).toEqual([{ messageId: message.id, kind: 'welcome', attempt: 1, file: 'mail/1.eml' }]);
  });

  it('claims no more than one batch at a time', async () => {
    const { dispatcher, add, user } = await anOutbox();
    await add(...Array.from({ length: 5 }, () => aWelcome({ recipientId: user.id })));
    expect([await dispatcher.dispatch(), await dispatcher.dispatch(), await dispatcher.dispatch()]).toEqual([
      3, 2, 0,
    ]);
  });

  it('retries after a failure of the mail server, and doubles the delay up to a bound', async () => {
    const failures = Array.from({ length: 5 }, () => new Error('connection refused'));
    const mailer = new RecordingMailer(...failures);
    const { dispatcher, add, user, clock, log } = await anOutbox({ mailer });
    const message = aWelcome({ recipientId: user.id });
    await add(message);

    await dispatcher.dispatch();
    for (const delayMs of [1000, 2000, 4000, 5000, 5000]) {
      clock.advance(delayMs - 1);
      expect(await dispatcher.dispatch()).toBe(0);
      clock.advance(1);
      expect(await dispatcher.dispatch()).toBe(1);
    }
    expect(mailer.sent).toEqual([{ message, recipient: user }]);
    expect(log.lines).toEqual([...failures.map(() => 'warn: mail failed'), 'info: mail sent']);
  });

  it('is not blocked by a message that fails', async () => {
    const mailer = new RecordingMailer(new Error('timed out'));
    const { dispatcher, add, user } = await anOutbox({ mailer });
    const [poison, innocent] = [aWelcome({ recipientId: user.id }), aWelcome({ recipientId: user.id })];
    await add(poison, innocent);

    expect(await dispatcher.dispatch()).toBe(2);
    expect(mailer.sent.map(({ message }) => message)).toEqual([innocent]);
  });

  it('gives up after the last attempt, and logs an error', async () => {
    const mailer = new RecordingMailer(new Error('timed out'), new Error('timed out'));
    const { dispatcher, add, user, clock, log, due } = await anOutbox({
      mailer,
      options: { maxAttempts: 2 },
    });
    await add(aWelcome({ recipientId: user.id }));

    await dispatcher.dispatch();
    clock.advance(1000);
    await dispatcher.dispatch();
    clock.advance(1000 * MINUTE_MS);
    expect(await due()).toEqual([]);
    expect(mailer.sent).toEqual([]);
    expect(log.lines).toEqual(['warn: mail failed', 'error: mail given up']);
  });

  it('gives up a message immediately if the mail server refuses it permanently', async () => {
    const mailer = new RecordingMailer('refused');
    const { dispatcher, add, user, clock, log, due } = await anOutbox({ mailer });
    await add(aWelcome({ recipientId: user.id }));

    await dispatcher.dispatch();
    clock.advance(1000 * MINUTE_MS);
    expect(await due()).toEqual([]);
    expect(log.lines).toEqual(['error: mail given up']);
  });

  it('gives up a message immediately if its recipient is unknown', async () => {
    const mailer = new RecordingMailer();
    const { dispatcher, add, clock, log, due } = await anOutbox({ mailer });
    await add(aWelcome());

    await dispatcher.dispatch();
    clock.advance(1000 * MINUTE_MS);
    expect(await due()).toEqual([]);
    expect(mailer.sent).toEqual([]);
    expect(log.lines).toEqual(['error: mail given up']);
  });

  it('leaves the rest of a batch to the next dispatcher when its lease has ended', async () => {
    const sent: Notification[] = [];
    const { open, add, user, clock, due } = await anOutbox({
      mailer: {
        send: async (message) => {
          clock.advance(MINUTE_MS / 2);
          sent.push(message);
          return 'sent';
        },
      },
    });
    const messages = [0, 1, 2].map((at) => aWelcome({ recipientId: user.id, at: JANUARY - 10 + at }));
    await add(...messages);

    await open().dispatch();
    expect(sent).toEqual(messages.slice(0, 2));
    expect(await due()).toEqual([{ message: messages[2], attempt: 2 }]);
  });

  it('sends again under the same id after a crash between acceptance and the mark', async () => {
    const mailer = new RecordingMailer();
    const { open, dispatcher, add, user, clock, unitOfWork } = await anOutbox({ mailer });
    const message = aWelcome({ recipientId: user.id });
    await add(message);
    let units = 0;
    const crashing: UnitOfWork = {
      transact: () => Promise.reject(new PassbookError('unavailable')),
      run: (work) => {
        units += 1;
        return units > 1 ? Promise.reject(new PassbookError('unavailable')) : unitOfWork.run(work);
      },
    };

    expect(await open(crashing).dispatch()).toBe(1);
    expect(await dispatcher.dispatch()).toBe(0);
    clock.advance(MINUTE_MS);
    expect(await dispatcher.dispatch()).toBe(1);
    clock.advance(MINUTE_MS);
    expect(await dispatcher.dispatch()).toBe(0);
    expect(mailer.sent.map((one) => one.message)).toEqual([message, message]);
  });
});

describe('a fault of the mail server', () => {
  const noSignIn = () =>
    new MailServerFault('535 no', { cause: null, responseCode: 535, isPerhapsOfMail: false });
  const brokenOff = () =>
    new MailServerFault('reset', { cause: null, responseCode: null, isPerhapsOfMail: true });
  const welcomes = (count: number, { id }: { id: string }) =>
    Array.from({ length: count }, (_, at) => aWelcome({ recipientId: id, at: JANUARY - 100 + at }));

  it('costs one mail for each delay, however many wait, and counts as no attempt', async () => {
    const mailer = new CountingMailer(...Array.from({ length: 20 }, noSignIn));
    const { dispatcher, add, user, clock, log } = await anOutbox({ mailer, options: { maxAttempts: 2 } });
    const messages = welcomes(7, user);
    await add(...messages);

    const delays = [1000, 2000, 4000, ...Array.from({ length: 17 }, () => 5000)];
    for (const [index, delayMs] of delays.entries()) {
      for (let call = 0; call < 5; call++) await dispatcher.dispatch();
      expect(mailer.calls).toBe(index + 1);
      clock.advance(delayMs - 1);
      expect(await dispatcher.dispatch()).toBe(0);
      clock.advance(1);
    }
    while ((await dispatcher.dispatch()) > 0);
    const idsOf = (of: readonly Notification[]) => of.map(({ id }) => id).toSorted();
    expect(idsOf(mailer.sent.map(({ message }) => message))).toEqual(idsOf(messages));
    expect(new Set(log.lines)).toEqual(
      new Set(['warn: the mail server cannot be used, mails wait', 'info: mail sent']),
    );
  });

  it('starts again from the first delay after the server accepted a mail', async () => {
    const mailer = new CountingMailer(noSignIn(), noSignIn(), undefined, noSignIn());
    const { dispatcher, add, user, clock } = await anOutbox({ mailer });
    await add(...welcomes(2, user));
    await dispatcher.dispatch();
    clock.advance(1000);
    await dispatcher.dispatch();
    clock.advance(2000);
    await dispatcher.dispatch();
    expect([mailer.sent.length, mailer.calls]).toEqual([1, 4]);
    clock.advance(1000);
    await dispatcher.dispatch();
    expect(mailer.sent).toHaveLength(2);
  });

  it('in the middle of a mail counts as an attempt of that mail alone, and the next try uses another mail', async () => {
    const mailer = new CountingMailer(brokenOff(), brokenOff());
    const { dispatcher, add, user, clock, due } = await anOutbox({ mailer, options: { delayMs: 2000 } });
    const [first, second, third] = welcomes(3, user);
    await add(first as Notification, second as Notification, third as Notification);
    await dispatcher.dispatch();
    clock.advance(2000);
    await dispatcher.dispatch();
    expect(mailer.asked).toEqual([first?.id, second?.id]);
    clock.advance(4001);
    expect(new Map((await due()).map(({ message, attempt }) => [message.id, attempt]))).toEqual(
      new Map([
        [first?.id, 2],
        [second?.id, 2],
        [third?.id, 1],
      ]),
    );
  });

  it('is assumed after five mails in a row that each fail individually', async () => {
    const mailer = new CountingMailer(...Array.from({ length: 8 }, () => new Error('451 later')));
    const { dispatcher, add, user, clock } = await anOutbox({ mailer, options: { batch: 50 } });
    await add(...welcomes(20, user));
    for (let call = 0; call < 5; call++) await dispatcher.dispatch();
    expect(mailer.calls).toBe(5);
    clock.advance(1000);
    for (let call = 0; call < 5; call++) await dispatcher.dispatch();
    expect(mailer.calls).toBe(6);
  });

  it('puts directly delivered messages back, and pauses direct delivery', async () => {
    const gate = new Gate();
    const mailer = new CountingMailer(gate.passed, noSignIn());
    const outbox = await anOutbox({ mailer });
    const { dispatcher, user, clock, unitOfWork } = outbox;
    dispatcher.start();
    await new Promise(setImmediate);
    const hand = async (message: Notification) => {
      const until = dispatcher.reserve() ?? 0;
      await unitOfWork.transact(
        aPrefetch({}),
        () => ({ result: undefined, changes: { ...NO_CHANGES, messages: [message], messagesDueAt: until } }),
        clock.now(),
      );
      dispatcher.accept([message], until);
    };
    const [first, second, third] = welcomes(3, user) as [Notification, Notification, Notification];
    await hand(first);
    await until(() => mailer.calls === 1);
    await hand(second);
    await hand(third);
    gate.open();
    await until(() => mailer.calls === 2 && dispatcher.reserve() === null);
    await until(() => outbox.log.lines.length > 0);
    clock.advance(1000);
    dispatcher.wake();
    await until(() => mailer.sent.length === 3);
    await dispatcher.stop();
    expect(mailer.sent.map(({ message }) => message)).toEqual([first, second, third]);
  });
});

describe('a running dispatcher', () => {
  it('sends the messages that wait when it starts, and new ones when it is woken', async () => {
    const mailer = new RecordingMailer();
    const { dispatcher, add, user } = await anOutbox({ mailer });
    await add(...Array.from({ length: 7 }, () => aWelcome({ recipientId: user.id })));
    dispatcher.start();
    dispatcher.start();
    await until(() => mailer.sent.length === 7);

    await add(aWelcome({ recipientId: user.id }));
    dispatcher.wake();
    await until(() => mailer.sent.length === 8);
    await dispatcher.stop();
    expect(new Set(mailer.sent.map(({ message }) => message.id)).size).toBe(8);
  });

  it('notices a wake-up during a look into the outbox', async () => {
    const mailer = new RecordingMailer();
    const { unitOfWork, open, add, user } = await anOutbox({ mailer });
    const late = aWelcome({ recipientId: user.id });
    let looks = 0;
    const dispatcher = open({
      transact: () => Promise.reject(new PassbookError('unavailable')),
      run: async (work) => {
        const result = await unitOfWork.run(work);
        looks += 1;
        if (looks === 1) {
          await add(late);
          dispatcher.wake();
        }
        return result;
      },
    });
    dispatcher.start();
    await until(() => mailer.sent.length === 1);
    await dispatcher.stop();
    expect(mailer.sent).toEqual([{ message: late, recipient: user }]);
  });

  it('looks into the outbox at intervals for messages of other processes', async () => {
    const mailer = new RecordingMailer();
    const { dispatcher, add, user } = await anOutbox({ mailer, options: { pollMs: 5 } });
    dispatcher.start();
    await new Promise(setImmediate);
    const left = aWelcome({ recipientId: user.id });
    await add(left);
    await until(() => mailer.sent.length === 1);
    await dispatcher.stop();
    expect(mailer.sent).toEqual([{ message: left, recipient: user }]);
  });

  it('continues after the store could not be read', async () => {
    const mailer = new RecordingMailer();
    const { unitOfWork, open, add, user, log } = await anOutbox({ mailer, options: { pollMs: 5 } });
    await add(aWelcome({ recipientId: user.id }));
    let faults = 2;
    const dispatcher = open({
      transact: () => Promise.reject(new PassbookError('unavailable')),
      run: (work) => (faults-- > 0 ? Promise.reject(new PassbookError('unavailable')) : unitOfWork.run(work)),
    });
    dispatcher.start();
    await until(() => mailer.sent.length === 1);
    await dispatcher.stop();
    expect(log.lines).toEqual([
      'warn: outbox could not be read, will try again',
      'warn: outbox could not be read, will try again',
      'info: mail sent',
    ]);
  });

  it('finishes the current message when it is stopped, and starts no other', async () => {
    const gate = new Gate();
    const mailer = new RecordingMailer(gate.passed);
    const { dispatcher, add, user, clock, due } = await anOutbox({ mailer });
    const messages = [0, 1].map((at) => aWelcome({ recipientId: user.id, at: JANUARY - 10 + at }));
    await add(...messages);
    dispatcher.start();
    await until(() => mailer.isAsked);
    const ends: string[] = [];
    const stopping = dispatcher.stop().then(() => ends.push('stopped'));
    await new Promise(setImmediate);
    expect(ends).toEqual([]);

    gate.open();
    await stopping;
    expect(mailer.sent.map(({ message }) => message)).toEqual([messages[0]]);
    clock.advance(MINUTE_MS);
    expect(await due()).toEqual([{ message: messages[1], attempt: 2 }]);
  });

  it('stops immediately if it is idle, and if it never ran', async () => {
    const { dispatcher, open } = await anOutbox();
    dispatcher.start();
    await new Promise(setImmediate);
    await expect(dispatcher.stop()).resolves.toBeUndefined();
    await expect(open().stop()).resolves.toBeUndefined();
  });
});

describe('recipients of mails', () => {
  it('are read once a minute, and missing ones each time', async () => {
    const mailer = new RecordingMailer();
    const { unitOfWork, open, add, user, clock } = await anOutbox({ mailer });
    const read: (readonly string[])[] = [];
    const dispatcher = open({
      transact: () => Promise.reject(new PassbookError('unavailable')),
      run: (work) =>
        unitOfWork.run((stores) => {
          const { users } = stores;
          const byIds = async (ids: readonly string[]) => {
            read.push(ids);
            return users.byIds(ids);
          };
          return work({ ...stores, users: { ...users, byIds } });
        }),
    });
    const dispatch = async (recipientId: string) => {
      await add(aWelcome({ recipientId }));
      await dispatcher.dispatch();
    };
    await dispatch(user.id);
    clock.advance(MINUTE_MS - 1);
    await dispatch(user.id);
    expect(read).toEqual([[user.id]]);
    clock.advance(1);
    await dispatch(user.id);
    await dispatch('nobody');
    await dispatch('nobody');

    expect(read).toEqual([[user.id], [user.id], ['nobody'], ['nobody']]);
    expect(mailer.sent.map(({ recipient }) => recipient)).toEqual([user, user, user]);
  });
});

describe('a directly delivered message', () => {
  /** As a unit of work writes it: claimed until the reservation of direct delivery ends. */
  const committed = async (
    outbox: Awaited<ReturnType<typeof anOutbox>>,
    messages: readonly Notification[],
  ): Promise<void> => {
    const until = outbox.dispatcher.reserve();
    if (until === null) throw new TypeError('There is room');
    await outbox.unitOfWork.transact(
      aPrefetch({}),
      () => ({ result: undefined, changes: { ...NO_CHANGES, messages, messagesDueAt: until } }),
      outbox.clock.now(),
    );
    outbox.dispatcher.accept(messages, until);
  };

  it('is sent and marked without a look into the outbox', async () => {
    const mailer = new RecordingMailer();
    const outbox = await anOutbox({ mailer });
    outbox.dispatcher.start();
    const messages = [1, 2, 3, 4].map(() => aWelcome({ recipientId: outbox.user.id }));
    await committed(outbox, messages);
    await until(() => mailer.sent.length === 4);
    await outbox.dispatcher.stop();

    expect(mailer.sent.map(({ message }) => message)).toEqual(messages);
    outbox.clock.advance(10 * MINUTE_MS);
    expect(await outbox.due()).toEqual([]);
  });

  it('is refused before the dispatcher starts, after it stops, and while its queue is full', async () => {
    const gate = new Gate();
    const outbox = await anOutbox({ mailer: new RecordingMailer(gate.passed) });
    const { dispatcher, user } = outbox;
    expect(dispatcher.reserve()).toBeNull();
    dispatcher.start();
    await new Promise(setImmediate);
    expect(dispatcher.reserve()).toBe(JANUARY + MINUTE_MS);

    await committed(outbox, [aWelcome({ recipientId: user.id })]);
    await new Promise(setImmediate);
    await committed(
      outbox,
      Array.from({ length: 15 }, () => aWelcome({ recipientId: user.id })),
    );
    expect(dispatcher.reserve()).toBeNull();
    gate.open();
    await dispatcher.stop();
    expect(dispatcher.reserve()).toBeNull();
  });

  it('is due again immediately if it is not sent when the dispatcher stops', async () => {
    const gate = new Gate();
    const mailer = new RecordingMailer(gate.passed);
    const outbox = await anOutbox({ mailer });
    outbox.dispatcher.start();
    const [first, second, third] = [1, 2, 3].map(() => aWelcome({ recipientId: outbox.user.id })) as [
      Notification,
      Notification,
      Notification,
    ];
    await committed(outbox, [first, second]);
    await until(() => mailer.isAsked);
    await committed(outbox, [third]);
    const stopping = outbox.dispatcher.stop();
    gate.open();
    await stopping;

    expect(mailer.sent.map(({ message }) => message)).toEqual([first]);
    expect(await outbox.due()).toEqual([second, third].map((message) => ({ message, attempt: 2 })));
  });

  it('is retried like any other if it fails', async () => {
    const mailer = new RecordingMailer(new Error('connection refused'));
    const outbox = await anOutbox({ mailer });
    outbox.dispatcher.start();
    const message = aWelcome({ recipientId: outbox.user.id });
    await committed(outbox, [message]);
    await until(() => outbox.log.lines.length === 1);
    outbox.clock.advance(1000);
    outbox.dispatcher.wake();
    await until(() => mailer.sent.length === 1);
    await outbox.dispatcher.stop();
    expect(mailer.sent.map((one) => one.message)).toEqual([message]);
  });
});

/** Counts how often it is asked; a test says how each attempt ends. */
class CountingMailer implements Mailer {
  readonly sent: { message: Notification }[] = [];
  readonly asked: string[] = [];
  readonly #answers: (Error | Promise<void> | undefined)[];

  constructor(...answers: (Error | Promise<void> | undefined)[]) {
    this.#answers = answers;
  }

  get calls(): number {
    return this.asked.length;
  }

  async send(message: Notification): Promise<'sent'> {
    this.asked.push(message.id);
    const answer = await this.#answers.shift();
    if (answer instanceof Error) throw answer;
    this.sent.push({ message });
    return 'sent';
  }
}

class Gate {
  readonly passed: Promise<void>;
  #open: () => void = () => {};

  constructor() {
    this.passed = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  open(): void {
    this.#open();
  }
}

/** Waits for an effect of another loop; the test's own time limit ends a wait that never succeeds. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate);
}
