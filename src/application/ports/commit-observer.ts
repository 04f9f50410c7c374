import type { ErrorCode } from '../../domain/errors.ts';

/**
 * Outcome of a command. `done`: committed. `replayed`: answered again under its key. `unfinished`: part of it was
 * committed, and it is submitted again. `refused`: the code of the refusal, or one for each refused transfer of a batch.
 * `fault`: the code of a failure that the request did not cause.
 */
export type CommandOutcome =
  | 'done'
  | 'replayed'
  | 'unfinished'
  | { readonly refused: readonly ErrorCode[] }
  | { readonly fault: ErrorCode };

/** A command that was just answered. `mark` is the return value of `CommitObserver.submitted`. */
export type AnsweredCommand<Mark = unknown> = { readonly mark: Mark; readonly outcome: CommandOutcome };

/** A unit that was just committed. */
export type CommittedUnit<Unit = unknown> = {
  /** Return value of `CommitObserver.began`. */
  readonly mark: Unit;
  /** Ids of the notifications that the unit wrote. */
  readonly messageIds: readonly string[];
};

/**
 * Watches the commands and commits of this process. Its methods are called while callers wait, must be quick, and must
 * not throw. A dry run is not watched.
 */
export interface CommitObserver<Mark = unknown, Unit = unknown> {
  /** A command begins to wait. Returns a mark, such as the time, which later calls pass back. */
  submitted?(): Mark;
  /**
   * The store began a unit of these commands, so they wait no more. Returns a mark of the unit. A command begins again
   * if its first unit failed because of another command.
   */
  began?(commands: readonly Mark[]): Unit;
  /** A unit was committed that changed these accounts. Called before its callers are answered. */
  committed(accountIds: ReadonlySet<string>, unit: CommittedUnit<Unit>): void;
  /** A unit failed after it began. */
  failed?(unit: Unit, fault: unknown): void;
  /** Commands are answered: each command once, those that never began included. */
  answered?(commands: readonly AnsweredCommand<Mark>[]): void;
}
