/** Watches the commits of this process. Its methods are called after a commit, must be quick, and must not throw. */
export interface CommitObserver {
  /** A unit was committed that changed these accounts. Called before its callers are answered. */
  committed(accountIds: ReadonlySet<string>): void;
}
