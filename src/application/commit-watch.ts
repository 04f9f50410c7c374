import { PassbookError } from '../domain/errors.ts';
import type { RefusalCode } from '../domain/errors.ts';
import type { Decided, TransferOutcome } from '../domain/books/outcome.ts';
import type { CommandOutcome, CommitObserver } from './ports/commit-observer.ts';

/** Marks of one command or unit, one for each observer. */
export type Marks = readonly unknown[];

type Watched = { readonly marks: Marks };

type Outcome = { readonly marks: Marks; readonly outcome: CommandOutcome };

/** Passes the events of a writer on to all of its observers, with the marks of each. */
export class CommitWatch {
  readonly #observers: readonly CommitObserver[];
  /** Whether anybody observes. If not, no other method needs a call. */
  readonly isOn: boolean;

  constructor(observers: readonly CommitObserver[]) {
    this.#observers = observers;
    this.isOn = observers.length > 0;
  }

  submitted(): Marks {
    return this.#observers.map((observer) => observer.submitted?.());
  }

  began(commands: readonly Watched[]): Marks {
    return this.#observers.map((observer, index) =>
      observer.began?.(commands.map(({ marks }) => marks[index])),
    );
  }

  committed(
    unit: Marks,
    { accountIds, messageIds }: { accountIds: ReadonlySet<string>; messageIds: readonly string[] },
  ): void {
    for (const [index, observer] of this.#observers.entries()) {
      observer.committed(accountIds, { mark: unit[index], messageIds });
    }
  }

  failed(unit: Marks, fault: unknown): void {
    for (const [index, observer] of this.#observers.entries()) observer.failed?.(unit[index], fault);
  }

  answered(commands: readonly Outcome[]): void {
    for (const [index, observer] of this.#observers.entries()) {
      observer.answered?.(commands.map(({ marks, outcome }) => ({ mark: marks[index], outcome })));
    }
  }
}

export function faultOutcome(fault: unknown): CommandOutcome {
  return { fault: fault instanceof PassbookError ? fault.code : 'internal_error' };
}

export function outcomeOf(decided: Decided): CommandOutcome {
  if ('malformed' in decided) return { refused: ['invalid_request'] };
  if ('conflict' in decided) return { refused: ['idempotency_key_reused'] };
  if (decided.unfinished) return 'unfinished';
  if (decided.replayed) return 'replayed';
  const { outcome } = decided;
  if (outcome.kind === 'refused') return { refused: [outcome.code] };
  if (outcome.kind !== 'batch') return 'done';
  const refused = outcome.members.flatMap(refusalOf);
  return refused.length === 0 ? 'done' : { refused };
}

function refusalOf(member: TransferOutcome): readonly RefusalCode[] {
  return member.kind === 'refused' ? [member.code] : [];
}
