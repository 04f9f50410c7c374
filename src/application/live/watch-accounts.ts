import type { LedgerReads } from '../ports/ledger-store.ts';
import type { Digest } from '../../domain/integrity/hash-chain.ts';
import type { CommitFeed } from './commit-feed.ts';

/** Longest time until a commit of another process is noticed. */
const POLL_MS = 1_500;
/** Shortest time between two reads for one watcher, which bounds the cost of a busy account. */
const REST_MS = 200;
/** Accounts of a user that are watched, oldest first. */
const ACCOUNTS_WATCHED = 200;

export type WatchPorts = {
  readonly digest: Digest;
  readonly reads: LedgerReads;
  readonly feed: CommitFeed;
  /** Resolves after the time, or at once when the signal is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
};

/**
 * Yields whenever an account of the user has changed: after a commit of this process at once, after one of another
 * process within two seconds. Several changes may come as one. Ends when the signal is aborted.
 * With `since`, an earlier version of `accountsVersion`, also yields at once if they have changed since.
 */
export function watchAccounts({ reads, feed, wait, digest }: WatchPorts) {
  return async function* watch(
    userId: string,
    signal: AbortSignal,
    { since }: { since?: string } = {},
  ): AsyncGenerator<void, void> {
    let seen = await stateOf(reads, userId);
    let wake = new AbortController();
    const stop = feed.listen((changed) => {
      for (const id of changed) if (seen.has(id)) return wake.abort();
    });
    try {
      if (since !== undefined && since !== versionOf(seen, digest)) yield;
      while (!signal.aborted) {
        await wait(POLL_MS, AbortSignal.any([signal, wake.signal]));
        if (signal.aborted) return;
        wake = new AbortController();
        const now = await stateOf(reads, userId);
        const hasChanged = differ(seen, now);
        seen = now;
        if (hasChanged) yield;
        await wait(REST_MS, signal);
      }
    } finally {
      stop();
    }
  };
}

/** Returns a text that is another one once an account of the user has changed. */
export function accountsVersion({ reads, digest }: Pick<WatchPorts, 'reads' | 'digest'>) {
  return async (userId: string): Promise<string> => versionOf(await stateOf(reads, userId), digest);
}

async function stateOf(reads: LedgerReads, userId: string): Promise<ReadonlyMap<string, string>> {
  const accounts = await reads.accountsOf(userId, { after: null, limit: ACCOUNTS_WATCHED });
  return new Map(
    accounts.map(({ id, sequence, status, name }) => [id, `${sequence} ${status} ${name ?? ''}`]),
  );
}

function versionOf(state: ReadonlyMap<string, string>, digest: Digest): string {
  return digest(JSON.stringify([...state]));
}

function differ(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean {
  return one.size !== other.size || [...other].some(([id, state]) => one.get(id) !== state);
}
