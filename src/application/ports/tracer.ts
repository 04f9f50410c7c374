export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** A piece of work in a trace. */
export interface Span {
  rename(name: string): void;
  set(attributes: SpanAttributes): void;
  /** Marks the work as failed. `type` is a stable code, such as that of an error. */
  fail(type: string): void;
}

export type SpanStart = {
  readonly name: string;
  /** `server`: answers a request of another program. `client`: waits for the answer of one. */
  readonly kind: 'internal' | 'server' | 'client';
  readonly attributes: SpanAttributes;
  /** Reads a header of the request, whose trace the span continues. Default: the span around it, if there is one. */
  readonly header?: (name: string) => string | undefined;
  /** Notification to which the span belongs. The span links to the commit that wrote it, if that is known. */
  readonly messageId?: string;
};

/** Records traces. Absent wherever nobody collects them. */
export interface Tracer {
  /** Runs `work` in a span, which ends with it. Spans that begin within it belong to it. Rethrows errors of `work`. */
  during<R>(start: SpanStart, work: (span: Span) => Promise<R>): Promise<R>;
}
