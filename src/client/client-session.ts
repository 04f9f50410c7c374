import { requestText } from './amounts.ts';
import {
  InternalError,
  InvalidTokenError,
  OutcomeUnknownError,
  SessionExpiredError,
  UnauthenticatedError,
} from './api-errors.ts';
import type { HttpConnection, WireRequest } from './http-connection.ts';
import { ApiError, ConnectionError, SessionChangedError, UnexpectedAnswerError } from './errors.ts';
import type { ApiCredentials } from './requests.ts';
import type { ApiSession, ApiUser } from './types.ts';

/** Terms of one call. */
export type CallOptions = {
  /** Aborts the call, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Time for the call with all its attempts. Default: that of the client. */
  readonly timeoutMs?: number | undefined;
};

export type RetryTerms = {
  /** Time for a call with all its attempts. Default: 60,000. */
  readonly timeoutMs?: number | undefined;
  /** Time for one attempt. Default: 15,000. */
  readonly attemptTimeoutMs?: number | undefined;
  /** Longest wait before the first retry. It doubles with each retry. Default: 250. */
  readonly firstDelayMs?: number | undefined;
  /** Bound of that wait. `Retry-After` comes on top. Default: 10,000. */
  readonly maxDelayMs?: number | undefined;
};

export type Terms = CallOptions & {
  /** Whether a request may be sent again when its answer was lost. Default: true. */
  readonly isRepeatable?: boolean;
  /** The only user as whom the request may be sent. Default: any. */
  readonly userId?: string;
  /** Called when the request may have taken effect although the attempt failed. */
  readonly onLost?: () => void;
};

const REFRESH: WireRequest = { route: 'POST /api/auth/refresh', path: '/api/auth/refresh' };
/** Two attempts fit into the 10 seconds in which the server answers a refresh token again. */
const REFRESH_TIMEOUT_MS = 4_000;

/** Signed-in user: makes calls as that user, and repeats attempts where it is safe. */
export class ClientSession {
  readonly #connection: HttpConnection;
  readonly #credentials: (() => ApiCredentials | Promise<ApiCredentials>) | undefined;
  readonly #terms: Required<{ readonly [K in keyof RetryTerms]: number }>;
  #token: string | undefined;
  #userId: string | undefined;
  #signingIn: Promise<void> | undefined;
  /** Whether this client began the session, so that its refresh cookie is the user's. */
  #mayRefresh = false;
  #refreshing: Promise<boolean> | undefined;

  constructor(
    connection: HttpConnection,
    options: RetryTerms & {
      token?: string | undefined;
      credentials?: (() => ApiCredentials | Promise<ApiCredentials>) | undefined;
    },
  ) {
    this.#connection = connection;
    this.#token = options.token;
    this.#credentials = options.credentials;
    this.#terms = {
      timeoutMs: options.timeoutMs ?? 60_000,
      attemptTimeoutMs: options.attemptTimeoutMs ?? 15_000,
      firstDelayMs: options.firstDelayMs ?? 250,
      maxDelayMs: options.maxDelayMs ?? 10_000,
    };
  }

  /** Default time for a call with all its attempts. */
  get timeoutMs(): number {
    return this.#terms.timeoutMs;
  }

  /** Whether a cookie that this code cannot see decides who is signed in. */
  get isByCookie(): boolean {
    return this.#token === undefined;
  }

  /** Makes one call of as many attempts as it takes. @throws the error of the last attempt */
  async call(request: WireRequest, terms: Terms = {}): Promise<unknown> {
    const { signal, userId } = terms;
    const endsAt = performance.now() + (terms.timeoutMs ?? this.#terms.timeoutMs);
    let hasSignedIn = false;
    let hasRefreshed = false;
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted();
      if (userId !== undefined && userId !== this.#userId) throw new SessionChangedError();
      const token = this.#token;
      const leftMs = Math.max(1, Math.ceil(endsAt - performance.now()));
      const timeoutMs = Math.min(this.#terms.attemptTimeoutMs, leftMs);
      try {
        return await this.#connection.send(request, { attempt, token, timeoutMs, signal });
      } catch (error) {
        const isLost = mayHaveTakenEffect(error);
        if (isLost) terms.onLost?.();
        if (isAboutSession(error)) {
          if (token !== this.#token) continue;
          if (!hasRefreshed && error instanceof SessionExpiredError) {
            hasRefreshed = true;
            if (await this.#refreshOnce()) continue;
          }
          if (this.#credentials === undefined || hasSignedIn) throw error;
          hasSignedIn = true;
          await this.#signInAgain();
          continue;
        }
        if (isLost && terms.isRepeatable === false) throw error;
        const delayMs = this.#delayAfter(error, attempt);
        if (delayMs === undefined || performance.now() + delayMs >= endsAt) throw error;
        await wait(delayMs, signal);
      }
    }
  }

  /** Makes a single attempt, as nobody in particular. */
  async attempt(request: WireRequest, { signal, timeoutMs }: CallOptions = {}): Promise<unknown> {
    const limitMs = timeoutMs ?? this.#terms.attemptTimeoutMs;
    return this.#connection.send(request, { attempt: 1, token: undefined, timeoutMs: limitMs, signal });
  }

  /** Signs in or registers, and goes on as that user. */
  async begin(
    route: 'POST /api/auth/login' | 'POST /api/auth/passkeys/sign-in' | 'POST /api/auth/register',
    body: object,
    options?: CallOptions,
  ): Promise<ApiSession> {
    const isRepeatable = route === 'POST /api/auth/login';
    const wire = { route, path: route.slice('POST '.length), body: requestText(body) };
    const session = (await this.call(wire, { ...options, isRepeatable })) as ApiSession;
    this.#token = session.token;
    this.#userId = session.user.id;
    this.#mayRefresh = true;
    return session;
  }

  /** Signs out, here or everywhere. */
  async end(path: '/api/auth/logout' | '/api/auth/logout/everywhere', options?: CallOptions): Promise<void> {
    await this.call({ route: `POST ${path}`, path }, options);
    this.#token = undefined;
    this.#userId = undefined;
    this.#mayRefresh = false;
  }

  /** Renews the session by its refresh cookie. In a browser the cookies then replace the token. */
  async refresh({ signal }: CallOptions = {}): Promise<ApiUser> {
    const send = () => this.attempt(REFRESH, { signal, timeoutMs: REFRESH_TIMEOUT_MS });
    const answer = await send().catch((error: unknown) => {
      if (error instanceof ConnectionError) return send();
      throw error;
    });
    const { user } = answer as { user: ApiUser };
    // Another tab may have signed in as somebody else
    if (this.#userId !== undefined && this.#userId !== user.id) throw new SessionChangedError();
    this.#token = this.#connection.cookieToken;
    this.#userId = user.id;
    return user;
  }

  async me(options?: CallOptions): Promise<ApiUser> {
    const token = this.#token;
    const answer = await this.call({ route: 'GET /api/auth/me', path: '/api/auth/me' }, options);
    const { user } = answer as { user: ApiUser };
    if (token === this.#token) this.#userId = user.id;
    return user;
  }

  /** Id of the signed-in user. Asks the server if this client does not know it. */
  async userId(options?: CallOptions): Promise<string> {
    return this.#userId ?? (await this.me(options)).id;
  }

  /** Refreshes once for all calls that find the token expired. Returns whether it did. */
  async #refreshOnce(): Promise<boolean> {
    if (!this.#mayRefresh || this.#token === undefined) return false;
    this.#refreshing ??= this.refresh()
      .then(() => true)
      .catch((error: unknown) => {
        if (!(error instanceof ConnectionError)) this.#mayRefresh = false;
        return false;
      })
      .finally(() => {
        this.#refreshing = undefined;
      });
    return this.#refreshing;
  }

  /** Signs in once for all calls that find the session ended. So no single call's signal can abort it. */
  async #signInAgain(): Promise<void> {
    this.#signingIn ??= (async () => {
      try {
        const credentials = await this.#credentials?.();
        if (credentials !== undefined) await this.begin('POST /api/auth/login', credentials);
      } finally {
        this.#signingIn = undefined;
      }
    })();
    return this.#signingIn;
  }

  /** Undefined if another attempt is useless. */
  #delayAfter(error: unknown, attempt: number): number | undefined {
    const after = retryAfterMs(error);
    if (after === undefined) return undefined;
    const longest = Math.min(this.#terms.maxDelayMs, this.#terms.firstDelayMs * 2 ** (attempt - 1));
    return after + longest * (0.5 + Math.random() / 2);
  }
}

/** Whether the bank may have carried out the request although the attempt failed. In doubt, it may. */
function mayHaveTakenEffect(error: unknown): boolean {
  if (!(error instanceof ApiError)) return !(error instanceof SessionChangedError);
  return (
    error instanceof OutcomeUnknownError ||
    error instanceof InternalError ||
    // A code that this client does not know
    error.constructor === ApiError
  );
}

function isAboutSession(error: unknown): boolean {
  return (
    error instanceof SessionExpiredError ||
    error instanceof InvalidTokenError ||
    error instanceof UnauthenticatedError
  );
}

/** Shortest time until the next attempt. Undefined if another attempt is useless. */
function retryAfterMs(error: unknown): number | undefined {
  if (error instanceof ConnectionError) return 0;
  const isWorthwhile =
    (error instanceof UnexpectedAnswerError && [408, 425, 429].includes(error.status)) ||
    (error instanceof UnexpectedAnswerError && error.status >= 500) ||
    (error instanceof ApiError && error.retry === 'same_key' && error.status >= 429);
  return isWorthwhile ? (error.retryAfterMs ?? 0) : undefined;
}

/** Waits. @throws the signal's reason if it aborts the wait */
async function wait(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  let stop = (): void => {};
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(resolve, delayMs);
      stop = () => {
        clearTimeout(timer);
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', stop);
    });
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
