import type { Actor } from '../domain/actor.ts';
import type { Answer } from '../domain/books/outcome.ts';
import type { SubmitOptions } from './group-commit.ts';
import { viewTransferAnswer } from './views.ts';
import type { TransferResult } from './views.ts';

/** Lets the writes alongside a command about one transfer see the answer that its actor will get. */
export function withTransferView(
  options: SubmitOptions<never, TransferResult> | undefined,
  actor: Actor,
): SubmitOptions<never, Answer> | undefined {
  return withView(options, (answer) => viewTransferAnswer(answer, actor));
}

export function withView<Result>(
  options: SubmitOptions<never, Result> | undefined,
  view: (answer: Answer) => Result,
): SubmitOptions<never, Answer> | undefined {
  const { dryRun = false, alongside } = options ?? {};
  if (!alongside) return { dryRun };
  // It runs only for an answer that is no refusal
  return { dryRun, alongside: (transaction, answer) => alongside(transaction, view(answer) as never) };
}
