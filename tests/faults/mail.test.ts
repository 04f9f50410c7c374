import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../src/adapters/memory/index.ts';
import { createSmtpMailer } from '../../src/adapters/smtp/smtp-mailer.ts';
import type { SmtpMailer, SmtpTimeouts } from '../../src/adapters/smtp/smtp-mailer.ts';
import { OutboxDispatcher } from '../../src/application/jobs/outbox-dispatcher.ts';
import type { DispatcherOptions } from '../../src/application/jobs/outbox-dispatcher.ts';
import type { Store } from '../../src/application/ports/ledger-store.ts';
import type { Logger } from '../../src/application/ports/runtime.ts';
import type { Mailer } from '../../src/application/ports/outbox.ts';
import { TestBank } from '../../src/testing/fixtures/bank.ts';
import { FixedClock, aUser } from '../../src/testing/fixtures/builders.ts';
import { MailServer, SmtpFault, messageIdsOf, NO_NAMES, PAGES } from '../support/mail-server.ts';
import type { MailServerConduct } from '../support/mail-server.ts';

const FROM = { name: 'Passbook', address: 'bank@passbook.example' };
const SECOND = 1_000;

/** What was logged, in words. */
class Log implements Logger {
  readonly events: string[] = [];

  info(_facts: object, event: string): void {
    this.events.push(event);
  }

  warn(_facts: object, event: string): void {
    this.events.push(event);
  }

  error(_facts: object, event: string): void {
    this.events.push(event);
  }
}

describe('mail with faults', () => {
  let clock: FixedClock;
  let store: Store;
  let bank: TestBank;
  let log: Log;
  let closing: (() => unknown)[];

  beforeEach(() => {
    clock = new FixedClock();
    store = createMemoryStore();
    bank = new TestBank({ clock, store });
    log = new Log();
    closing = [];
  });
  afterEach(async () => {
    for (const close of closing.toReversed()) await close();
  });

  /** A customer with an account of 100.00, whose mails so far are out of the way. */
  async function aCustomerWithFunds(email: string): Promise<{ id: string; accountId: string }> {
    const user = aUser({ email });
    await store.unitOfWork.run(({ users }) => users.insert(user, 'hash'));
    const accountId = await bank.account({ kind: 'user', id: user.id, name: user.name }, { funds: 10_000n });
    await bank.takeMessages();
    return { id: user.id, accountId };
  }

  async function aServer(conduct: MailServerConduct = {}): Promise<MailServer> {
    const server = await MailServer.start(conduct);
    closing.push(() => server.stop());
    return server;
  }

  function aMailer(port: number, timeouts: Partial<SmtpTimeouts> = {}): SmtpMailer {
    const mailer = createSmtpMailer({
      server: { host: '127.0.0.1', port, secure: false, auth: null },
      from: FROM,
      pages: PAGES,
      names: NO_NAMES,
      timeouts,
    });
    closing.push(() => mailer.close());
    return mailer;
  }

  function aDispatcher(mailer: Mailer, options: Partial<DispatcherOptions> = {}): OutboxDispatcher {
    return new OutboxDispatcher({ unitOfWork: store.unitOfWork, mailer, clock, log, options });
  }

  /** Pays 1.00, and gives the Message-IDs of the two mails that this must send. */
  async function pay(
    payer: { id: string; accountId: string },
    payee: { accountId: string },
  ): Promise<readonly string[]> {
    const result = await bank.pay(
      { kind: 'user', id: payer.id, name: 'Ada' },
      { from: payer.accountId, to: payee.accountId, amount: 100n },
    );
    if (!result.ok) throw new TypeError(`The transfer was refused: ${result.code}`);
    const { transferId } = result.transfer;
    return ['sent', 'received'].map((side) => `<${transferId}.${side}@passbook.example>`);
  }

  it('loses nothing while the mail server is down, retries ever less often, and then sends each once', async () => {
    const [ada, bob] = [await aCustomerWithFunds('ada@a.example'), await aCustomerWithFunds('bob@b.example')];
    const down = await aServer();
    await down.stop();
    const dispatcher = aDispatcher(aMailer(down.port));
    const expected = [...(await pay(ada, bob)), ...(await pay(bob, ada))];

    const attempts: number[] = [];
    for (const delay of [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]) {
      attempts.push(await dispatcher.dispatch());
      clock.advance(delay * SECOND - 1);
      expect(await dispatcher.dispatch()).toBe(0);
      clock.advance(1);
    }
    expect(attempts).toEqual(Array.from({ length: 10 }, () => 4));
    expect(await bank.balanceOf(ada.accountId)).toBe(10_000n);

    const up = await aServer({ port: down.port });
    expect(await dispatcher.dispatch()).toBe(4);
    clock.advance(3_600 * SECOND);
    expect(await dispatcher.dispatch()).toBe(0);
    expect(messageIdsOf(up.mails)).toEqual(expected);
    expect(up.mails.map(({ to }) => to)).toEqual(up.mails.map(({ parsed }) => [addressOf(parsed.to)]));
  });

  /** How often the server may be tried in twenty seconds: at once, after 5 s, and after 10 s more. */
  const TRIES_IN_20_SECONDS = 3;

  it.each<[string, MailServerConduct]>([
    ['a refusing greeting', { refuseConnection: () => new SmtpFault(421, '4.7.0 Too many connections') }],
    ['a permanently refusing greeting', { refuseConnection: () => new SmtpFault(554, 'No service here') }],
    ['a refused password', { password: 'another' }],
    ['a refused sender', { refuseSender: () => new SmtpFault(550, '5.1.8 Bad sender') }],
    ['a closing server', { refuseRecipient: () => new SmtpFault(421, '4.7.0 Closing') }],
    ['too many mails', { refuseRecipient: () => new SmtpFault(451, '4.7.1 Too many messages') }],
    ["Gmail's daily limit", { beforeYes: async () => new SmtpFault(550, '5.4.5 Daily limit exceeded') }],
  ])('is tried once for each delay despite %s, however many mails wait', async (_what, conduct) => {
    const [ada, bob] = [await aCustomerWithFunds('ada@a.example'), await aCustomerWithFunds('bob@b.example')];
    const server = await aServer(conduct);
    const mailer = createSmtpMailer({
      server: { host: '127.0.0.1', port: server.port, secure: false, auth: { user: 'bank', pass: 'one' } },
      from: FROM,
      pages: PAGES,
      names: NO_NAMES,
    });
    closing.push(() => mailer.close());
    const dispatcher = aDispatcher(conduct.password === undefined ? aMailer(server.port) : mailer);
    const expected: string[] = [];
    for (let count = 0; count < 6; count++) expected.push(...(await pay(ada, bob)));
    let tries = 0;
    const counted = Object.entries(conduct).map(([name, answer]) => [
      name,
      typeof answer === 'function'
        ? (...of: never[]) => {
            tries += 1;
            return (answer as (...of: never[]) => unknown)(...of);
          }
        : answer,
    ]);
    Object.assign(conduct, Object.fromEntries(counted));

    for (let second = 0; second < 20; second++) {
      await dispatcher.dispatch();
      clock.advance(SECOND);
    }
    expect(conduct.password === undefined ? tries : server.signIns).toBe(TRIES_IN_20_SECONDS);
    expect(server.connections).toBeLessThanOrEqual(TRIES_IN_20_SECONDS);
    expect(server.mails).toEqual([]);
    await server.stop();

    const up = await aServer({ port: server.port, ...(conduct.password ? { password: 'one' } : {}) });
    clock.advance(3_600 * SECOND);
    while ((await dispatcher.dispatch()) > 0);
    expect(messageIdsOf(up.mails).map(String).toSorted()).toEqual(expected.toSorted());
  });

  it('is sent again under the same Message-ID if the process died before it marked the mail', async () => {
    const [ada, bob] = [await aCustomerWithFunds('ada@a.example'), await aCustomerWithFunds('bob@b.example')];
    const server = await aServer();
    const mailer = aMailer(server.port);
    const expected = await pay(ada, bob);

    // The process dies where the mail server has said yes: nothing after that runs
    let died = (): void => {};
    const death = new Promise<void>((resolve) => {
      died = resolve;
    });
    const dying: Mailer = {
      send: async (message, recipient) => {
        await mailer.send(message, recipient);
        died();
        return new Promise<'sent'>(() => {});
      },
    };
    void aDispatcher(dying).dispatch();
    await death;
    expect(messageIdsOf(server.mails)).toEqual(expected.slice(0, 1));

    const heir = aDispatcher(mailer);
    expect(await heir.dispatch()).toBe(0);
    clock.advance(120 * SECOND);
    expect(await heir.dispatch()).toBe(2);
    clock.advance(3_600 * SECOND);
    expect(await heir.dispatch()).toBe(0);
    const [first, again, other] = messageIdsOf(server.mails);
    expect([first, again, other]).toEqual([expected[0], expected[0], expected[1]]);
    expect(server.mails).toHaveLength(3);
  });

  it('is given up if it is refused permanently, without delay for the rest', async () => {
    const [ada, bob] = [
      await aCustomerWithFunds('ada@a.example'),
      await aCustomerWithFunds('gone@b.example'),
    ];
    const server = await aServer({
      refuseRecipient: (to) =>
        to === 'gone@b.example' ? new SmtpFault(550, '5.1.1 No such user') : undefined,
    });
    const dispatcher = aDispatcher(aMailer(server.port));
    const expected = [(await pay(ada, bob))[0], (await pay(bob, ada))[1], (await pay(ada, bob))[0]];

    expect(await dispatcher.dispatch()).toBe(6);
    clock.advance(7 * 24 * 3_600 * SECOND);
    expect(await dispatcher.dispatch()).toBe(0);
    expect(messageIdsOf(server.mails)).toEqual(expected);
    expect(log.events.filter((event) => event === 'mail given up')).toHaveLength(3);
    expect(await bank.balanceOf(ada.accountId)).toBe(9_900n);
  });

  it('is sent even if the mail before it was refused temporarily', async () => {
    const [ada, bob] = [
      await aCustomerWithFunds('full@a.example'),
      await aCustomerWithFunds('bob@b.example'),
    ];
    let isFull = true;
    const server = await aServer({
      refuseRecipient: (to) =>
        isFull && to === 'full@a.example' ? new SmtpFault(452, '4.2.2 Over quota') : undefined,
    });
    const dispatcher = aDispatcher(aMailer(server.port));
    const [toPayer, toPayee] = await pay(ada, bob);

    await dispatcher.dispatch();
    expect(messageIdsOf(server.mails)).toEqual([toPayee]);
    isFull = false;
    clock.advance(5 * SECOND);
    await dispatcher.dispatch();
    expect(messageIdsOf(server.mails)).toEqual([toPayee, toPayer]);
  });

  it('delays no transfer while the mail server hangs', async () => {
    const [ada, bob] = [await aCustomerWithFunds('ada@a.example'), await aCustomerWithFunds('bob@b.example')];
    let hang = (): void => {};
    const hanging = new Promise<void>((resolve) => {
      hang = resolve;
    });
    const server = await aServer({
      beforeYes: () => {
        hang();
        return new Promise(() => {});
      },
    });
    const mailer = aMailer(server.port);
    const dispatcher = aDispatcher(mailer);
    await pay(ada, bob);
    dispatcher.start();
    await hanging;

    for (let count = 0; count < 20; count++) {
      await pay(ada, bob);
      dispatcher.wake();
    }
    expect(await bank.balanceOf(ada.accountId)).toBe(7_900n);
    expect(server.mails).toEqual([]);

    // Nor does it hold up the end of the process
    const stopped = dispatcher.stop();
    mailer.close();
    await stopped;
    expect(log.events).toEqual(['mail failed']);
  });
});

function addressOf(to: unknown): string | undefined {
  return (to as { value: { address?: string }[] }).value[0]?.address;
}
