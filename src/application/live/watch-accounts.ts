import type { LedgerReads } from '../ports/ledger-store.ts';
import type { CommitFeed } from './commit-feed.ts';

/** Longest time until a commit of another process is noticed. */
const POLL_MS = 1_500;
/** Shortest time between two reads for one watcher, which bounds the cost of a busy account. */
const REST_MS = 200;
/** Accounts of a user that are watched, oldest first. */
const ACCOUNTS_WATCHED = 200;

export type WatchPorts = {
  readonly reads: LedgerReads;
  readonly feed: CommitFeed;
  /** Resolves after the time, or at once when the signal is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
};

/**
 * Yields whenever an account of the user has changed: after a commit of this process at once, after one of another
 * process within two seconds. Several changes may come as one. Ends when the signal is aborted.
 */
export function watchAccounts({ reads, feed, wait }: WatchPorts) {
  return async function* watch(userId: string, signal: AbortSignal): AsyncGenerator<void, void> {
    let seen = await stateOf(userId);
    let wake = new AbortController();
    const stop = feed.listen((changed) => {
      for (const id of changed) if (seen.has(id)) return wake.abort();
    });
    try {
      while (!signal.aborted) {
        await wait(POLL_MS, AbortSignal.any([signal, wake.signal]));
        if (signal.aborted) return;
        wake = new AbortController();
        const now = await stateOf(userId);
        const hasChanged = differ(seen, now);
        seen = now;
        if (hasChanged) yield;
        await wait(REST_MS, signal);
      }
    } finally {
      stop();
    }
  };

  async function stateOf(userId: string): Promise<ReadonlyMap<string, string>> {
    const accounts = await reads.accountsOf(userId, { after: null, limit: ACCOUNTS_WATCHED });
    return new Map(
      accounts.map(({ id, sequence, status, name }) => [id, `${sequence} ${status} ${name ?? ''}`]),
    );
  }
}

function differ(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean {
  return one.size !== other.size || [...other].some(([id, state]) => one.get(id) !== state);
}
