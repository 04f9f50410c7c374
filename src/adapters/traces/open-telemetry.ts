import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Context, Span as ApiSpan, TextMapGetter, Tracer as ApiTracer } from '@opentelemetry/api';
import { PassbookError } from '../../domain/errors.ts';
import type { CommitObserver } from '../../application/ports/commit-observer.ts';
import type { Span, SpanStart, Tracer } from '../../application/ports/tracer.ts';
import { CommitSpans } from './commit-spans.ts';

export type Tracing = {
  /** Spans of requests and mails. */
  readonly tracer: Tracer;
  /** Spans of waiting commands and of commits. */
  readonly commits: CommitObserver;
};

const KINDS = { internal: SpanKind.INTERNAL, server: SpanKind.SERVER, client: SpanKind.CLIENT } as const;

/**
 * Creates the tracer that passes spans to OpenTelemetry. Null if no tracer provider is registered: then nobody collects
 * spans, and none must cost anything.
 */
export function openTelemetry({ version }: { version: string }): Tracing | null {
  const provider = trace.getTracerProvider();
  // The API's own provider has a real one behind it, or none
  const isRegistered =
    !('getDelegateTracer' in provider) || typeof delegateOf(provider, version) === 'object';
  if (!isRegistered) return null;

  const api = trace.getTracer('passbook', version);
  const commits = new CommitSpans(api);
  return { tracer: tracerOf(api, commits), commits };
}

function delegateOf(provider: object, version: string): unknown {
  return (provider as { getDelegateTracer: (name: string, version: string) => unknown }).getDelegateTracer(
    'passbook',
    version,
  );
}

function tracerOf(api: ApiTracer, commits: CommitSpans): Tracer {
  return {
    async during(start, work) {
      const around = parentOf(start);
      const commit = start.messageId === undefined ? undefined : commits.takeCommitOf(start.messageId);
      const links = commit ? [{ context: commit }] : [];
      const { name, attributes } = start;
      const span = api.startSpan(name, { kind: KINDS[start.kind], attributes, links }, around);
      try {
        return await context.with(trace.setSpan(around, span), () => work(spanOf(span)));
      } catch (error) {
        fail(span, error instanceof PassbookError ? error.code : nameOf(error));
        throw error;
      } finally {
        span.end();
      }
    },
  };
}

type Headers = NonNullable<SpanStart['header']>;

const GETTER: TextMapGetter<Headers> = {
  get: (header, name) => header(name),
  // The propagators ask for the headers they know
  keys: () => [],
};

function parentOf({ header }: SpanStart): Context {
  const active = context.active();
  return header ? propagation.extract(active, header, GETTER) : active;
}

function spanOf(span: ApiSpan): Span {
  return {
    rename: (name) => span.updateName(name),
    set: (attributes) => span.setAttributes(attributes),
    fail: (type) => fail(span, type),
  };
}

function fail(span: ApiSpan, type: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '_OTHER';
}
