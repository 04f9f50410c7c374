import type { FieldError, Retry } from '../domain/errors.ts';
import { parseAnswer } from './amounts.ts';
import { errorOf } from './error-of.ts';
import { ConnectionError, UnexpectedAnswerError } from './errors.ts';
import type { ApiError, ApiErrorFacts } from './errors.ts';
import type { ApiBatchMember } from './types.ts';

/** An attempt at a request, without anything secret: no token, body or query. */
export type AttemptEvent = {
  readonly type: 'attempt';
  /** Method and path, with names in place of ids. */
  readonly route: string;
  /** Number of the attempt within the call, from 1. */
  readonly attempt: number;
  readonly durationMs: number;
  /** Idempotency key, if the request has one. */
  readonly key?: string | undefined;
  /** HTTP status, if there was an answer. */
  readonly status?: number | undefined;
  /** Id of the request in the server's log. */
  readonly requestId?: string | undefined;
  /** Error of the attempt, if it failed. */
  readonly error?: unknown;
};

/** The store failed to remove a settled intent, or to mark an aborted one. No payment depends on that. */
export type StoreEvent = {
  readonly type: 'store_failed';
  readonly intentId: string;
  readonly error: unknown;
};

/** An event for the program's log. */
export type ClientEvent = AttemptEvent | StoreEvent;

/** A request as it goes over the wire, but for the token. */
export type WireRequest = {
  readonly route: string;
  /** Path and query. */
  readonly path: string;
  readonly body?: string | undefined;
  readonly key?: string | undefined;
  /** Whether the answer is text of another type than JSON. */
  readonly isText?: boolean | undefined;
};

export type AttemptTerms = {
  readonly attempt: number;
  readonly token: string | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
};

type Answer = { readonly response: Response; readonly text: string };

/** Makes single attempts at requests. */
export class HttpConnection {
  readonly server: string;
  readonly #fetch: typeof fetch;
  readonly #onEvent: (event: ClientEvent) => void;
  /** The session's cookies, by name without prefix. A browser keeps them itself and hides them. */
  readonly #cookies = new Map<string, { pair: string; value: string }>();

  constructor(options: {
    url: string;
    fetch?: typeof fetch | undefined;
    onEvent?: ((event: ClientEvent) => void) | undefined;
  }) {
    this.server = new URL(options.url, globalThis.location?.href).href.replace(/\/+$/, '');
    this.#fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
    this.#onEvent = options.onEvent ?? (() => {});
  }

  /** @throws ApiError, ConnectionError, UnexpectedAnswerError, or the reason of the signal */
  async send(request: WireRequest, terms: AttemptTerms): Promise<unknown> {
    const startedAt = performance.now();
    let response: Response | undefined;
    let failure: unknown;
    try {
      const answer = await this.#receive(request, terms);
      response = answer.response;
      return valueOf(request, answer);
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      const { status, requestId } = response
        ? factsOf(response)
        : ({} as Partial<ReturnType<typeof factsOf>>);
      this.report({
        type: 'attempt',
        route: request.route,
        attempt: terms.attempt,
        durationMs: performance.now() - startedAt,
        key: request.key,
        status,
        requestId,
        error: failure,
      });
    }
  }

  /** The access token of the last session cookie. Undefined in a browser. */
  get cookieToken(): string | undefined {
    return this.#cookies.get('session')?.value;
  }

  /** Calls the program's hook. A hook that throws changes nothing. */
  report(event: ClientEvent): void {
    try {
      this.#onEvent(event);
    } catch {
      // The outcome of a payment does not depend on a log
    }
  }

  async #receive(request: WireRequest, { token, timeoutMs, signal }: AttemptTerms): Promise<Answer> {
    const send = this.#fetch;
    const controller = new AbortController();
    const abort = () => controller.abort(signal?.reason);
    const late = () => controller.abort(new ConnectionError(`No answer came within ${timeoutMs} ms`));
    const timer = setTimeout(late, timeoutMs);
    signal?.addEventListener('abort', abort);
    try {
      signal?.throwIfAborted();
      const response = await send(`${this.server}${request.path}`, {
        method: request.route.slice(0, request.route.indexOf(' ')),
        headers: { ...headersOf(request, token), ...this.#cookieFor(request) },
        ...(request.body === undefined ? {} : { body: request.body }),
        // A followed redirect would turn a POST into a GET, whose answer looks like success
        redirect: 'manual',
        signal: controller.signal,
      });
      this.#keepCookies(response);
      return { response, text: await response.text() };
    } catch (cause) {
      if (controller.signal.aborted) throw controller.signal.reason;
      throw new ConnectionError('No whole answer came', { cause });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  }

  #keepCookies({ headers }: Response): void {
    for (const cookie of headers.getSetCookie?.() ?? []) {
      const [, pair, name, value] = COOKIE.exec(cookie) ?? [];
      if (pair && name && value !== undefined) this.#cookies.set(name, { pair, value });
    }
  }

  #cookieFor({ route }: WireRequest): Record<string, string> {
    const kept = route === 'POST /api/auth/refresh' ? this.#cookies.get('refresh') : undefined;
    return kept ? { Cookie: kept.pair } : {};
  }
}

const COOKIE = /^((?:__Host-)?(session|refresh)=([^;]*))/;

function headersOf({ body, key, isText }: WireRequest, token: string | undefined): Record<string, string> {
  return {
    ...(isText ? {} : { Accept: 'application/json' }),
    ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    // A string of RFC 8941
    ...(key === undefined ? {} : { 'Idempotency-Key': `"${key.replace(/["\\]/g, '\\$&')}"` }),
    ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
  };
}

function valueOf({ isText }: WireRequest, { response, text }: Answer): unknown {
  const { status } = response;
  if (!response.ok) throw problemIn(response, text);
  if (status === 204) return undefined;
  if (isText) return text;
  try {
    return parseAnswer(text);
  } catch (cause) {
    throw new ConnectionError('The answer is not whole JSON', { cause });
  }
}

type ProblemJson = Pick<ApiErrorFacts<'internal_error'>, 'methods'> & {
  readonly code: ApiErrorFacts<'internal_error'>['code'];
  readonly detail: string;
  readonly retry: Retry;
  readonly transactionId?: string;
  readonly errors?: readonly FieldError[];
  readonly results?: readonly ApiBatchMember[];
  readonly dryRun?: boolean;
};

function problemIn(response: Response, text: string): ApiError | UnexpectedAnswerError {
  const unexpected = new UnexpectedAnswerError(factsOf(response));
  if (!response.headers.get('Content-Type')?.startsWith('application/problem+json')) return unexpected;
  try {
    return errorOf({ ...(parseAnswer(text) as ProblemJson), ...factsOf(response) });
  } catch {
    return unexpected;
  }
}

function factsOf({ status, headers }: Response) {
  const seconds = Number(headers.get('Retry-After') ?? Number.NaN);
  return {
    status,
    retryAfterMs: Number.isFinite(seconds) ? seconds * 1_000 : undefined,
    requestId: headers.get('X-Request-Id') ?? undefined,
  };
}
