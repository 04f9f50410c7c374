import { Hono } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { Ledger } from '../../application/ledger.ts';
import type { Logger } from '../../application/ports/runtime.ts';
import type { Viewer } from '../../domain/actor.ts';
import { PassbookError } from '../../domain/errors.ts';
import type { Caller, CallerEnv, HttpEnv } from './env.ts';
import { crossSiteRefused } from './middleware/cross-site.ts';
import { WriteThrottle } from './middleware/write-throttle.ts';
import { repeatedHeadersRefused } from './requests/repeated-headers.ts';
import { commonHeaders } from './responses/headers.ts';
import { problemHandler } from './responses/problem.ts';
import { ledgerRoutes } from './routes/ledger.ts';
import type { StatementPorts } from './routes/statement.ts';

export type BankRoutesOptions = {
  readonly ledger: Ledger;
  /**
   * Returns the sender of a request, or null if nobody is signed in. A user acts on their own accounts. The system may
   * use all routes, and an auditor those that read. May throw a PassbookError, which is answered.
   */
  readonly actorOf: (request: Request) => Viewer | null | Promise<Viewer | null>;
  /** The bank, the holders and the names of payees, for statements. Default: none of them. */
  readonly statements?: StatementPorts;
  /** Receives faults that are answered with 500 or 503. Default: the console. */
  readonly log?: Logger;
  /** Address of a page about errors, to which each problem links with its code. Default: none. */
  readonly errorsPage?: string | null;
  /** The origin at which browsers reach your app, if a proxy changes the host. Default: that of the request. */
  readonly publicOrigin?: string | null;
};

/**
 * Creates the ledger's routes as a Hono app, to mount under any path of an app with a sign-in of its own. A request
 * that another site makes a browser send is refused, unless it carries a Bearer token.
 * @example
 * app.route('/bank', createBankRoutes({ ledger, actorOf: (request) => signedInUser(request) }));
 */
export function createBankRoutes({
  ledger,
  actorOf,
  statements = {},
  log = consoleLog,
  errorsPage = null,
  publicOrigin = null,
}: BankRoutesOptions): Hono {
  const callerRequired = createMiddleware<CallerEnv>(async (c, next) => {
    const actor = await actorOf(c.req.raw);
    if (actor === null) throw new PassbookError('unauthenticated');
    c.set('caller', callerOf(actor));
    await next();
  });
  const app = new Hono<HttpEnv>({ strict: false });
  app.onError(problemHandler({ log }));
  app.use(
    createMiddleware<HttpEnv>((c, next) => {
      c.set('errorsPage', errorsPage);
      return next();
    }),
    commonHeaders({ isHttps: false }),
    repeatedHeadersRefused(),
    crossSiteRefused({ publicOrigin }),
  );
  const writes = new WriteThrottle({ perMinute: 0 });
  // Its variables are its own: an app that mounts it sets none of them
  return app.route('/', ledgerRoutes({ ledger, log, callerRequired, writes, statements })) as unknown as Hono;
}

/** The system without an operator's id owns its accounts under this one. */
const SYSTEM_ID = 'system';

function callerOf(actor: Viewer): Caller {
  switch (actor.kind) {
    case 'user':
      return { ...actor, role: 'customer' };
    case 'system':
      return { id: actor.id ?? SYSTEM_ID, role: 'system' };
    case 'auditor':
      return { id: actor.id, role: 'auditor' };
    default:
      return actor satisfies never;
  }
}

// oxlint-disable-next-line no-console -- a program that mounts the routes without a log must not lose its faults
const show = (facts: object, event: string): void => console.error(event, facts);
const consoleLog: Logger = { info: show, warn: show, error: show };
