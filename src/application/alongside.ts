import type { Command } from '../domain/books/command.ts';
import type { Answer } from '../domain/books/outcome.ts';
import type { CommandWriter, SubmitOptions } from './group-commit.ts';
import { viewTransferAnswer } from './views.ts';
import type { TransferResult } from './views.ts';

/** Submits a command about one transfer, and returns its answer as its actor may see it. */
export async function submitTransfer(
  writer: CommandWriter,
  command: Command,
  options: SubmitOptions<never, TransferResult> = {},
): Promise<TransferResult> {
  const view = (answer: Answer) => viewTransferAnswer(answer, command.actor);
  return view(await writer.submit(command, withView(options, view)));
}

/** Lets the caller's own writes see the answer that the caller will get. */
export function withView<Result>(
  { dryRun = false, alongside }: SubmitOptions<never, Result>,
  view: (answer: Answer) => Result,
): SubmitOptions<never, Answer> {
  if (!alongside) return { dryRun };
  // It runs only for an answer that is no refusal
  return { dryRun, alongside: (transaction, answer) => alongside(transaction, view(answer) as never) };
}
