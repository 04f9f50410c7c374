import { Hono } from 'hono';
import type { SignedInPageEnv } from '../../shared/page-edge.ts';
import type { ConsolePorts } from '../ports.ts';
import { accountFormRoutes } from './account-forms.tsx';
import { accountPageRoutes } from './account-page.tsx';
import { entriesRoutes } from './entries-page.tsx';
import { payeesRoutes } from './payees-page.tsx';
import { sendRoutes } from './send-routes.tsx';
import { statementsRoutes } from './statements-page.tsx';
import { transferRoutes } from './transfer-page.tsx';

/** Pages of customers. */
export function customerRoutes(ports: ConsolePorts) {
  return (
    new Hono<SignedInPageEnv>()
      // Before the page of any account, which would otherwise match /accounts/new
      .route('/', accountFormRoutes(ports))
      .route('/', accountPageRoutes(ports))
      .route('/', sendRoutes(ports))
      .route('/', transferRoutes(ports))
      .route('/', entriesRoutes(ports))
      .route('/', statementsRoutes(ports))
      .route('/', payeesRoutes(ports))
  );
}
