import { createMiddleware } from 'hono/factory';
import { routePath } from 'hono/route';
import type { Tracer } from '../../../application/ports/tracer.ts';
import type { ErrorCode } from '../../../domain/errors.ts';
import type { HttpEnv } from '../env.ts';

export type AnsweredRequest = {
  readonly method: string;
  /** The pattern that matched, such as `/api/accounts/:id`; null if none did. */
  readonly route: string | null;
  readonly status: number;
  /** Code of the problem that was answered. */
  readonly code: ErrorCode | undefined;
  readonly durationMs: number;
};

/** Calls `onAnswered` for each request once its answer is ready. */
export function requestsCounted({ onAnswered }: { onAnswered: (request: AnsweredRequest) => void }) {
  return createMiddleware<HttpEnv>(async (c, next) => {
    const startedAt = performance.now();
    await next();

    onAnswered({
      method: c.req.method,
      route: routeOf(routePath(c, -1)),
      status: c.res.status,
      code: c.get('code'),
      durationMs: performance.now() - startedAt,
    });
  });
}

/**
 * Traces each request, as part of the trace of its sender. The names are those of the semantic conventions for HTTP. A
 * span has the pattern of the path, and not the path, which may hold ids.
 */
export function requestsTraced({ tracer }: { tracer: Tracer }) {
  return createMiddleware<HttpEnv>(async (c, next) => {
    const { method } = c.req;
    const start = {
      name: method,
      kind: 'server' as const,
      attributes: { 'http.request.method': method },
      header: (name: string) => c.req.header(name),
    };
    await tracer.during(start, async (span) => {
      await next();

      const route = routeOf(routePath(c, -1));
      const { status } = c.res;
      if (route !== null) span.rename(`${method} ${route}`);
      span.set({
        'http.response.status_code': status,
        'passbook.request.id': c.get('requestId'),
        ...(route === null ? {} : { 'http.route': route }),
      });
      if (status >= 500) span.fail(c.get('code') ?? String(status));
    });
  });
}

/** Middleware alone matches with `*`. */
function routeOf(pattern: string): string | null {
  return pattern.endsWith('*') ? null : pattern;
}
