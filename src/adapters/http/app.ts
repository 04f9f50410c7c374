import { Hono } from 'hono';
import type { Context } from 'hono';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { ALWAYS_AVAILABLE } from '../../application/availability/availability.ts';
import type { Availability } from '../../application/availability/availability.ts';
import type { Bank } from '../../application/bank.ts';
import type { Logger } from '../../application/ports/runtime.ts';
import type { Tracer } from '../../application/ports/tracer.ts';
import { PassbookError } from '../../domain/errors.ts';
import type { PageEdge, PageEnv } from '../shared/page-edge.ts';
import type { Holder, Letterhead } from './statement/issued-statement.ts';
import { accessLog } from './middleware/access-log.ts';
import type { AddressPolicy } from './middleware/access-log.ts';
import { changesRefused } from './middleware/changes-refused.ts';
import { authRoutes } from './routes/auth-routes.ts';
import { RequestLimit, requestsLimited } from './middleware/request-limit.ts';
import type { RequestLimits } from './middleware/request-limit.ts';
import { callerRequired, sessionReader, sessionRequired } from './middleware/session-middleware.ts';
import { crossOriginAllowed } from './middleware/cross-origin.ts';
import { crossSiteRefused } from './middleware/cross-site.ts';
import { confirmationRoutes } from './routes/confirmations.ts';
import { documentRoutes } from './routes/documents.ts';
import type { CallerRequired, HttpEnv } from './env.ts';
import { commonHeaders } from './responses/headers.ts';
import { linkPageRoutes } from './routes/link-pages.ts';
import { metricsRoute } from './routes/metrics.ts';
import type { MetricsRoute } from './routes/metrics.ts';
import { operationRoutes } from './routes/health.ts';
import { pageEdge } from './page-edge.ts';
import { passwordSignIn } from './middleware/password-sign-in.ts';
import { payeeRoutes } from './routes/payees.ts';
import { profileRoutes } from './routes/profile.ts';
import { problemHandler, sendProblem } from './responses/problem.ts';
import { repeatedHeadersRefused } from './requests/repeated-headers.ts';
import { sessionToken } from './requests/session-token.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { secondFactorRoutes } from './routes/second-factors.ts';
import { SignInThrottle } from './middleware/sign-in-throttle.ts';
import type { ThrottleLimits } from './middleware/sign-in-throttle.ts';
import { apiKeyRoutes } from './routes/api-keys.ts';
import { securityEventRoutes } from './routes/security-events.ts';
import { userRoutes } from './routes/users.ts';
import { denialsNoted } from './middleware/denials-noted.ts';
import { ledgerRoutes } from './routes/ledger.ts';
import { requestsCounted, requestsTraced } from './middleware/requests-watched.ts';
import type { AnsweredRequest } from './middleware/requests-watched.ts';
import { WriteThrottle } from './middleware/write-throttle.ts';
import type { WriteLimits } from './middleware/write-throttle.ts';

export type AppOptions = {
  readonly bank: Bank;
  readonly log: Logger;
  /** Origin at which browsers reach the server, such as `https://bank.example`. Null: http, at any host. */
  readonly publicOrigin?: string | null;
  /** Number of our own proxies in front of the server, which add to X-Forwarded-For. Default: 0. */
  readonly trustedProxies?: number;
  /** Whether the staff, which is every role but customer, needs a second factor. Default: false. */
  readonly staffNeedsSecondFactor?: boolean;
  readonly throttle?: Partial<ThrottleLimits>;
  readonly writes?: Partial<WriteLimits>;
  readonly requests?: Partial<RequestLimits>;
  /** The bank at the head of statements. Default: none. */
  readonly letterhead?: Letterhead | null;
  /** Name of the bank, for its pages. Default: Passbook. */
  readonly bankName?: string;
  /** Pages for people, such as the web console. Default: none but those of the documents. */
  readonly pages?: ((edge: PageEdge) => Pages) | null;
  /** Origins beside `publicOrigin` whose pages may call the server from a browser. Default: none. */
  readonly allowedOrigins?: readonly string[];
  /** Makes routes of the program's own, behind the same checks as all others. Default: none. */
  readonly extraRoutes?: ((edge: PageEdge) => Hono<PageEnv>) | null;
  /** Whether changes are taken. Default: they always are. */
  readonly availability?: Availability;
  /** How much of a client's address the log of requests holds. Default: full. */
  readonly loggedAddress?: AddressPolicy;
  /** Serves metrics at `/metrics`. Null: there is no such path. Default: null. */
  readonly metrics?: MetricsRoute | null;
  /** Called after each request. Must not throw. */
  readonly onAnswered?: ((request: AnsweredRequest) => void) | undefined;
  /** Default: none. */
  readonly tracer?: Tracer | null;
};

/** Pages of another adapter. Where they have a page for a path, it goes before the API's. */
export type Pages = {
  readonly routes: Hono<PageEnv>;
  /** Answers a person's request that failed outside of the pages. */
  readonly fault: (c: Context<PageEnv>, error: unknown) => Response | Promise<Response>;
};

export type App = ReturnType<typeof createApp>;

/** The bank's HTTP API as a function of its use cases. */
export function createApp({
  bank,
  log,
  publicOrigin = null,
  trustedProxies = 0,
  staffNeedsSecondFactor = false,
  throttle = {},
  writes = {},
  requests = {},
  allowedOrigins = [],
  letterhead = null,
  bankName = 'Passbook',
  pages = null,
  extraRoutes = null,
  availability = ALWAYS_AVAILABLE,
  loggedAddress = 'full',
  metrics = null,
  onAnswered,
  tracer = null,
}: AppOptions) {
  const isHttps = publicOrigin?.startsWith('https:') ?? false;
  const token = sessionToken({ isHttps });
  const readSession = sessionReader({ bank, sessionToken: token });
  const access = { bank, readSession, sessionToken: token, trustedProxies, staffNeedsSecondFactor };
  const userRequired = callerRequired(access);
  const signInThrottle = new SignInThrottle(throttle);
  const origins = { publicOrigin, allowedOrigins: new Set(allowedOrigins) };
  const shared = {
    bank,
    ledger: bank.ledger,
    availability,
    log,
    publicOrigin,
    requireConfirmation: bank.requireConfirmation,
    counterparties: bank.counterparties,
    trustedProxies,
    sessionToken: token,
    sessionRequired: sessionRequired(access),
    userRequired,
    // It sets the user beside the caller
    callerRequired: userRequired as unknown as CallerRequired,
    throttle: signInThrottle,
    passwords: passwordSignIn({ bank, sessionToken: token, throttle: signInThrottle, trustedProxies }),
    bankName,
    writes: new WriteThrottle(writes),
    statements: { letterhead, holderOf: holderOf(bank), payeeNames: bank.payeeNames },
  };

  // Not strict: a trailing slash makes no difference
  const app = new Hono<HttpEnv>({ strict: false });
  const edge = pageEdge(shared);
  const shownPages = pages?.(edge);
  const sendFault = problemHandler({ log });
  app.onError((error, c) =>
    shownPages && isForPeople(c)
      ? shownPages.fault(c as unknown as Context<PageEnv>, error)
      : sendFault(error, c),
  );
  app.notFound((c) => {
    const subject = `${shownPath(c.req.path)}. See /docs for all paths`;
    return shownPages && isForPeople(c)
      ? shownPages.fault(c as unknown as Context<PageEnv>, new PassbookError('route_not_found', { subject }))
      : sendProblem(c, 'route_not_found', { subject });
  });
  app.use(commonHeaders({ isHttps }));
  if (tracer) app.use(requestsTraced({ tracer }));
  if (onAnswered) app.use(requestsCounted({ onAnswered }));
  app.use(
    accessLog({ log, trustedProxies, loggedAddress }),
    denialsNoted({ bank, log, trustedProxies }),
    crossOriginAllowed(origins),
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, matching) => {
        const methods = methodsAt(app, c.req.path, matching);
        return sendProblem(c, 'method_not_allowed', {
          subject: `${shownPath(c.req.path)} takes ${methods.join(', ')}, not ${c.req.method}`,
          headers: { Allow: methods.join(', ') },
        });
      },
    }),
    repeatedHeadersRefused(),
    crossSiteRefused(origins),
  );
  if (metrics) app.route('/', metricsRoute(metrics));
  return app
    .route('/', operationRoutes(shared))
    .use(requestsLimited({ limit: new RequestLimit(requests), readSession, trustedProxies }))
    .use(changesRefused({ availability, sessionToken: token }))
    .route('/', (shownPages?.routes ?? new Hono()) as unknown as Hono<HttpEnv>)
    .route('/', (extraRoutes?.(edge) ?? new Hono()) as unknown as Hono<HttpEnv>)
    .route('/', documentRoutes())
    .route('/', linkPageRoutes(shared))
    .route('/api/auth', authRoutes(shared))
    .route('/api/auth', sessionRoutes(shared))
    .route('/api/auth', profileRoutes(shared))
    .route('/api/auth', secondFactorRoutes(shared))
    .route('/api/transactions/confirmations', confirmationRoutes(shared))
    .route('/api/auth/keys', apiKeyRoutes(shared))
    .route('/api/payees', payeeRoutes(shared))
    .route('/api', securityEventRoutes(shared))
    .route('/api', ledgerRoutes(shared))
    .route('/api/system', userRoutes(shared));
}

/** Whether a browser asks for a page. */
function isForPeople(c: Context): boolean {
  return !c.req.path.startsWith('/api/') && (c.req.header('accept') ?? '').includes('text/html');
}

/** Finds the owner of an account. The bank itself has accounts without one. */
function holderOf(bank: Bank) {
  return async (id: string): Promise<Holder | undefined> => {
    try {
      return await bank.findUser({ id });
    } catch (error) {
      if (error instanceof PassbookError && error.code === 'user_not_found') return undefined;
      throw error;
    }
  };
}

/** Leaves out the methods of patterns, such as `/:id`, at a path that another route names in full. */
function methodsAt(
  app: Pick<Hono<HttpEnv>, 'routes'>,
  path: string,
  matching: readonly string[],
): readonly string[] {
  const full = path.replace(/\/$/, '');
  const own = new Set(app.routes.flatMap((one) => (one.path === full ? [one.method] : [])));
  const methods = matching.filter((method) => own.has(method === 'HEAD' ? 'GET' : method));
  return methods.length === 0 ? matching : methods;
}

const PATH_SHOWN = 200;

/** The path, cut if it is long: a response must not be larger than its request. */
function shownPath(path: string): string {
  return path.length > PATH_SHOWN ? `${path.slice(0, PATH_SHOWN)}...` : path;
}
