import { context, ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Context, Span, SpanContext, Tracer } from '@opentelemetry/api';
import type {
  AnsweredCommand,
  CommandOutcome,
  CommitObserver,
  CommittedUnit,
} from '../../application/ports/commit-observer.ts';
import { PassbookError } from '../../domain/errors.ts';

/** A command's span lasts from its submission to its answer; `wait` within it, until the store began its unit. */
type Mark = { readonly around: Context; readonly command: Span; readonly wait: Span };

/** Maximum number of notifications whose commit is remembered until they are sent. */
const MOST_MESSAGES = 10_000;

/**
 * Spans of commands and commits. A commit serves the requests of many callers, so it belongs to none of their traces:
 * it links to the spans of its commands, and they link to it. The commit of a lone command belongs to that command.
 */
export class CommitSpans implements CommitObserver<Mark, Span> {
  readonly #tracer: Tracer;
  /** The commit that wrote a notification, by its id, the oldest first. */
  readonly #commits = new Map<string, SpanContext>();

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  submitted(): Mark {
    const command = this.#tracer.startSpan('command');
    const around = trace.setSpan(context.active(), command);
    return { around, command, wait: this.#tracer.startSpan('wait', {}, around) };
  }

  began(commands: readonly Mark[]): Span {
    const [first] = commands;
    const parent = commands.length === 1 && first ? first.around : ROOT_CONTEXT;
    const links = commands.map(({ command }) => ({ context: command.spanContext() }));
    const attributes = { 'passbook.commit.commands': commands.length };
    const commit = this.#tracer.startSpan('commit', { links, attributes }, parent);
    for (const { command, wait } of commands) {
      command.addLink({ context: commit.spanContext() });
      wait.end();
    }
    return commit;
  }

  committed(accountIds: ReadonlySet<string>, { mark, messageIds }: CommittedUnit<Span>): void {
    mark.setAttribute('passbook.commit.accounts', accountIds.size);
    mark.end();
    for (const id of messageIds) this.#commits.set(id, mark.spanContext());
    for (const id of this.#commits.keys()) {
      if (this.#commits.size <= MOST_MESSAGES) break;
      this.#commits.delete(id);
    }
  }

  failed(commit: Span, fault: unknown): void {
    fail(commit, fault instanceof PassbookError ? fault.code : 'internal_error');
    commit.end();
  }

  answered(commands: readonly AnsweredCommand<Mark>[]): void {
    for (const { mark, outcome } of commands) {
      // One that never began still waits
      mark.wait.end();
      describe(mark.command, outcome);
      mark.command.end();
    }
  }

  /** Returns the commit that wrote a notification, once. Undefined if another process wrote it, or long ago. */
  takeCommitOf(messageId: string): SpanContext | undefined {
    const commit = this.#commits.get(messageId);
    this.#commits.delete(messageId);
    return commit;
  }
}

function describe(command: Span, outcome: CommandOutcome): void {
  if (typeof outcome !== 'object') {
    command.setAttribute('passbook.command.outcome', outcome);
    return;
  }
  if ('fault' in outcome) {
    command.setAttribute('passbook.command.outcome', 'fault');
    fail(command, outcome.fault);
    return;
  }
  command.setAttributes({
    'passbook.command.outcome': 'refused',
    'passbook.command.refusals': [...new Set(outcome.refused)],
  });
}

function fail(span: Span, type: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}
