import type { CommitObserver } from '../ports/commit-observer.ts';

type Listener = (accountIds: ReadonlySet<string>) => void;

/** Tells listeners in this process which accounts a commit changed. */
export class CommitFeed implements CommitObserver {
  readonly #listeners = new Set<Listener>();

  committed(accountIds: ReadonlySet<string>): void {
    for (const listener of this.#listeners) listener(accountIds);
  }

  /** Calls the listener after each commit, until the returned function is called. A listener must not throw. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
