import { beforeEach, describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../src/adapters/memory/index.ts';
import { readOnlyStores } from '../../../src/application/availability/read-only-stores.ts';
import { StoreWatch } from '../../../src/application/availability/store-watch.ts';
import type { Store, Stores } from '../../../src/application/ports/ledger-store.ts';
import type { Logger } from '../../../src/application/ports/runtime.ts';
import { PassbookError } from '../../../src/domain/errors.ts';
import type { ErrorCode } from '../../../src/domain/errors.ts';
import { TestBank } from '../../../src/testing/fixtures/bank.ts';
import { aCustomer, aUser, FixedClock } from '../../../src/testing/fixtures/builders.ts';

/** A log that can be waited for. */
class Log implements Logger {
  readonly events: { event: string; facts: object }[] = [];
  #waiting: (() => void)[] = [];

  readonly info = (facts: object, event: string) => this.#add(facts, event);
  readonly warn = this.info;
  readonly error = this.info;

  async until(event: string): Promise<void> {
    while (!this.events.some((one) => one.event === event)) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #add(facts: object, event: string): void {
    this.events.push({ facts, event });
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

const START = new FixedClock().now();
const REFUSES = 'the store refuses writes';
const TAKES = 'the store takes writes again';

describe('a watched store', () => {
  let clock: FixedClock;
  let log: Log;
  /** How the store fails. */
  let fault: ErrorCode | undefined;
  let units: number;
  let checks: number;
  let inner: Store;

  beforeEach(() => {
    clock = new FixedClock();
    log = new Log();
    fault = undefined;
    units = 0;
    checks = 0;
    inner = createMemoryStore();
    const { unitOfWork } = inner;
    const orFail = <T>(work: () => Promise<T>): Promise<T> => {
      units++;
      return fault ? Promise.reject(new PassbookError(fault, { retryAfterSeconds: 9 })) : work();
    };
    inner = {
      ...inner,
      reads: inner.reads,
      unitOfWork: {
        transact: (want, decide, deadline) => orFail(() => unitOfWork.transact(want, decide, deadline)),
        run: (work) => orFail(() => unitOfWork.run(work)),
      },
      check: async () => {
        checks++;
        if (fault) throw new PassbookError(fault, { retryAfterSeconds: 9 });
      },
    };
  });

  function watched(terms: { isMaintenance?: boolean; everyMs?: number } = {}) {
    const watch = new StoreWatch({ store: inner, clock, log, everyMs: 1, ...terms });
    return { watch, bank: new TestBank({ store: watch.store, clock }) };
  }

  it('is checked after a unit failed, refuses commands at once from then on, and says since when', async () => {
    const { watch, bank } = watched({ everyMs: 60_000 });
    const alice = aCustomer();
    const [from, to] = [await bank.account(alice, { funds: 10n }), await bank.account(alice)];
    fault = 'storage_full';
    await expect(bank.pay(alice, { from, to, amount: 1n })).rejects.toMatchObject({ code: 'storage_full' });
    await log.until(REFUSES);
    const before = units;
    clock.advance(5_000);

    const refused = {
      code: 'storage_full',
      facts: { component: 'store', since: START, retryAfterSeconds: 9 },
    };
    await expect(bank.pay(alice, { from, to, amount: 1n })).rejects.toMatchObject(refused);
    expect(units).toBe(before);
    expect(watch.refusal()).toMatchObject(refused);
    await expect(watch.store.check()).rejects.toMatchObject(refused);
    expect(await bank.balanceOf(from)).toBe(10n);
    expect(log.events.map(({ event }) => event)).toEqual([REFUSES]);
    watch.close();
  });

  it('takes writes again by itself once they succeed', async () => {
    const { watch, bank } = watched();
    const alice = aCustomer();
    const [from, to] = [await bank.account(alice, { funds: 10n }), await bank.account(alice)];
    fault = 'outcome_unknown';
    await expect(bank.pay(alice, { from, to, amount: 1n })).rejects.toMatchObject({ code: fault });
    await log.until(REFUSES);
    clock.advance(3_000);
    fault = undefined;
    await log.until(TAKES);
    expect(watch.refusal()).toBeUndefined();
    expect(await bank.pay(alice, { from, to, amount: 1n })).toMatchObject({ ok: true });
    expect(log.events.at(-1)?.facts).toEqual({ component: 'store', code: 'outcome_unknown', seconds: 3 });
    watch.close();
  });

  it('that fails one unit alone is checked, and goes on', async () => {
    const { watch, bank } = watched();
    const late = new PassbookError('unavailable');
    watch.noteFault(late);
    await expect.poll(() => checks).toBe(1);
    watch.noteFault(new PassbookError('invalid_request'));
    expect(watch.refusal()).toBeUndefined();
    await bank.account(aCustomer());
    expect([checks, log.events]).toEqual([1, []]);
    watch.close();
  });

  it('that cannot be reached is still tried for all but commands', async () => {
    const { watch, bank } = watched({ everyMs: 60_000 });
    fault = 'unavailable';
    await expect(watch.check()).rejects.toMatchObject({ code: 'unavailable' });
    fault = undefined;
    await expect(bank.account(aCustomer())).rejects.toMatchObject({ facts: { component: 'store' } });
    expect(watch.refusal()).toBeUndefined();
    await watch.store.unitOfWork.run(({ users }) => users.insert(aUser(), 'hash'));
    watch.close();
  });

  it('gets no write during maintenance, and is read', async () => {
    const { bank } = watched();
    const [alice, user] = [aCustomer(), aUser()];
    const account = await bank.account(alice, { funds: 10n });
    await inner.unitOfWork.run(({ users }) => users.insert(user, 'hash'));
    const { watch, bank: closed } = watched({ isMaintenance: true });
    const before = units;

    const maintenance = { code: 'maintenance', facts: { since: START, retryAfterSeconds: 30 } };
    expect(watch.refusal()).toMatchObject(maintenance);
    await expect(closed.account(alice)).rejects.toMatchObject(maintenance);
    expect(units).toBe(before);
    const { unitOfWork } = watch.store;
    const rename = unitOfWork.run(({ users }) => users.replace(user));
    await expect(rename).rejects.toMatchObject(maintenance);
    expect(await unitOfWork.run(({ users }) => users.byId(user.id))).toEqual(user);
    expect(await closed.balanceOf(account)).toBe(10n);
    await watch.check();
    expect(checks).toBe(0);
  });

  it('shares no counts during maintenance, because they are written', () => {
    const counts = {} as NonNullable<Store['sharedCounts']>;
    const throttleCounts = {} as NonNullable<Store['throttleCounts']>;
    inner = { ...inner, sharedCounts: counts, throttleCounts };
    expect(watched().watch.store).toMatchObject({ sharedCounts: counts, throttleCounts });
    const { store } = watched({ isMaintenance: true }).watch;
    expect([store.sharedCounts, store.throttleCounts]).toEqual([undefined, undefined]);
  });
});

describe('stores whose writes are refused', () => {
  const READS = /^(by|find|list|page$|at$|head$|openOf$|ofUser$|savedOf$|withPassword$)/;

  it('refuse every method but those that read', async () => {
    const refusal = new PassbookError('maintenance');
    await createMemoryStore().unitOfWork.run(async (stores) => {
      const refusing = readOnlyStores(stores, refusal);
      for (const [name, store] of Object.entries(stores) as [keyof Stores, object][]) {
        for (const method of methodsOf(store).filter((one) => !READS.test(one))) {
          const call = (refusing[name] as unknown as Record<string, () => Promise<unknown>>)[method];
          await expect(call?.(), `${name}.${method}`).rejects.toBe(refusal);
        }
      }
    });
  });

  function methodsOf(store: object): readonly string[] {
    const own = Object.keys(store);
    const inherited = Object.getOwnPropertyNames(Object.getPrototypeOf(store));
    return [...new Set([...own, ...inherited])].filter(
      (name) => name !== 'constructor' && !(name in Object.prototype),
    );
  }
});
