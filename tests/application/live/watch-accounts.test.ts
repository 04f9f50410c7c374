import { beforeEach, describe, expect, test } from 'vitest';
import { CommitFeed } from '../../../src/application/live/commit-feed.ts';
import { accountsVersion, watchAccounts } from '../../../src/application/live/watch-accounts.ts';
import { sha256 } from '../../../src/adapters/shared/sha256.ts';
import type { LedgerReads } from '../../../src/application/ports/ledger-store.ts';
import type { Account } from '../../../src/domain/entities/account.ts';
import { anAccount } from '../../../src/testing/fixtures/builders.ts';

class CountedFeed extends CommitFeed {
  listeners = 0;

  override listen(listener: Parameters<CommitFeed['listen']>[0]): () => void {
    this.listeners++;
    const stop = super.listen(listener);
    return () => {
      this.listeners--;
      return stop();
    };
  }
}

/** A book of accounts, and a clock whose waits end when the test says so. */
class World {
  accounts: Account[] = [anAccount({ id: 'a', ownerId: 'ada', sequence: 1 })];
  readonly feed = new CountedFeed();
  readonly waits: { readonly ms: number; readonly end: () => void }[] = [];
  readonly #begun: (() => void)[] = [];

  readonly reads = { accountsOf: async () => this.accounts } as unknown as LedgerReads;
  readonly version = accountsVersion({ reads: this.reads, digest: sha256 });

  readonly watch = watchAccounts({
    feed: this.feed,
    reads: this.reads,
    digest: sha256,
    wait: (ms, signal) =>
      new Promise((resolve) => {
        this.waits.push({ ms, end: resolve });
        if (signal.aborted) resolve();
        signal.addEventListener('abort', () => resolve(), { once: true });
        for (const begin of this.#begun.splice(0)) begin();
      }),
  });

  change(sequence: number): void {
    this.accounts = [anAccount({ id: 'a', ownerId: 'ada', sequence })];
  }

  /** Resolves once the watcher waits for the nth time. */
  async waiting(count: number): Promise<void> {
    while (this.waits.length < count) {
      await new Promise<void>((resolve) => {
        this.#begun.push(resolve);
      });
    }
  }
}

describe('Watching accounts', () => {
  let world: World;
  let ending: AbortController;
  beforeEach(() => {
    world = new World();
    ending = new AbortController();
  });

  test('yields after a commit of this process, without waiting', async () => {
    const next = world.watch('ada', ending.signal).next();
    await world.waiting(1);
    world.change(2);
    world.feed.committed(new Set(['b', 'a']));
    expect(await next).toEqual({ done: false, value: undefined });
  });

  test('notices a commit of another process within two seconds', async () => {
    const next = world.watch('ada', ending.signal).next();
    await world.waiting(1);
    expect(world.waits[0]?.ms).toBeLessThan(2_000);
    world.change(2);
    world.waits[0]?.end();
    expect(await next).toEqual({ done: false, value: undefined });
  });

  test('yields nothing for a commit on other accounts, nor for none', async () => {
    const watching = world.watch('ada', ending.signal);
    const next = watching.next();
    await world.waiting(1);
    world.feed.committed(new Set(['b']));
    world.waits[0]?.end();
    // The rest after a read, and then the next poll
    await world.waiting(2);
    world.waits[1]?.end();
    await world.waiting(3);
    ending.abort();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  test('misses no commit that comes while it rests', async () => {
    const watching = world.watch('ada', ending.signal);
    const first = watching.next();
    await world.waiting(1);
    world.change(2);
    world.feed.committed(new Set(['a']));
    await first;
    const second = watching.next();
    await world.waiting(2);
    world.change(3);
    world.feed.committed(new Set(['a']));
    world.waits[1]?.end();
    expect(await second).toEqual({ done: false, value: undefined });
  });

  test('notices an account that was opened', async () => {
    const next = world.watch('ada', ending.signal).next();
    await world.waiting(1);
    world.accounts = [...world.accounts, anAccount({ id: 'c', ownerId: 'ada' })];
    world.waits[0]?.end();
    expect((await next).done).toBe(false);
  });

  test('yields at once if the accounts have changed since an earlier version', async () => {
    const since = await world.version('ada');
    world.change(2);
    expect((await world.watch('ada', ending.signal, { since }).next()).done).toBe(false);
    const next = world.watch('ada', ending.signal, { since: await world.version('ada') }).next();
    await world.waiting(1);
    ending.abort();
    expect((await next).done).toBe(true);
  });

  test('listens no longer once it has ended', async () => {
    const next = world.watch('ada', ending.signal).next();
    await world.waiting(1);
    ending.abort();
    expect(world.feed.listeners).toBe(1);
    await next;
    expect(world.feed.listeners).toBe(0);
  });
});
