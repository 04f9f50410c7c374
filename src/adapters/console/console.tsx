import { Hono } from 'hono';
import type { Context } from 'hono';
import { PassbookError } from '../../domain/errors.ts';
import type { PageEdge, PageEnv, SignedInPageEnv } from '../shared/page-edge.ts';
import { assetRoutes } from './assets.ts';
import { customerRoutes } from './customer/routes.ts';
import { faultText } from './faults.tsx';
import { sendOpenPage } from './layout.tsx';
import { liveRoutes } from './live.ts';
import type { ConsoleOptions, ConsolePorts } from './ports.ts';
import { securityRoutes } from './security/routes.ts';
import { signInRoutes } from './sign-in/routes.tsx';
import { staffRoutes } from './staff/routes.ts';

/**
 * The web console: pages with which people use the bank in a browser. They work without JavaScript, and call the same
 * use cases as the API. Returns a function for the option `pages` of the HTTP app.
 */
export function createConsole(options: ConsoleOptions) {
  return (edge: PageEdge) => {
    const ports: ConsolePorts = {
      figures: null,
      mails: null,
      offersPlayMoney: false,
      ...options,
      edge,
      bank: edge.bank,
    };
    const signedIn = new Hono<SignedInPageEnv>()
      .route('/', customerRoutes(ports))
      .route('/', securityRoutes(ports))
      .route('/', staffRoutes(ports));
    const routes = new Hono<PageEnv>();
    routes.onError((error, c) => sendFault(c, ports, error));
    routes
      .route('/', assetRoutes())
      .route('/', signInRoutes(ports))
      .route('/', liveRoutes(ports))
      .route('/', signedIn as unknown as Hono<PageEnv>);
    return {
      routes,
      fault: (c: Context<PageEnv>, error: unknown) => sendFault(c, ports, error),
    };
  };
}

/** Codes that a sign-in mends. */
const SIGNED_OUT: readonly string[] = ['unauthenticated', 'session_expired', 'invalid_token'];

function sendFault(c: Context<PageEnv>, ports: ConsolePorts, error: unknown): Response | Promise<Response> {
  const { edge } = ports;
  const known = error instanceof PassbookError ? error : new PassbookError('internal_error');
  const { code, facts } = known;
  if (SIGNED_OUT.includes(code)) {
    edge.forgetSession(c);
    const back = c.req.method === 'GET' ? `?next=${encodeURIComponent(c.req.path)}` : '?ended=1';
    return c.redirect(`/sign-in${code === 'unauthenticated' && c.req.path === '/' ? '' : back}`, 303);
  }
  if (code === 'second_factor_setup_required') return c.redirect('/security?required=1', 303);
  if (known !== error || code === 'internal_error') {
    edge.log.error({ err: error, requestId: c.get('requestId') }, 'a page failed');
  }
  edge.setStatus(c, code, facts);
  const { title, advice } =
    code === 'route_not_found'
      ? { title: 'There is no such page', advice: 'Check the address, or start again from the first page.' }
      : faultText(code, facts);
  return sendOpenPage(c, ports, {
    title,
    children: (
      <section class="card narrow">
        <h1>{title}</h1>
        {advice && <p class="lead">{advice}</p>}
        <p class="actions">
          <a class="button" href="/">
            Go to the first page
          </a>
        </p>
        <p class="fine">
          Code <code>{code}</code>, request <code>{c.get('requestId')}</code>
        </p>
      </section>
    ),
  });
}
