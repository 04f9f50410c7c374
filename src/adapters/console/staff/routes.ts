import { Hono } from 'hono';
import type { SignedInPageEnv } from '../../shared/page-edge.ts';
import type { ConsolePorts } from '../ports.ts';
import { bankPageRoutes } from './bank-page.tsx';
import { auditPageRoutes } from './logs/audit-page.tsx';
import { securityEventsPageRoutes } from './logs/security-events-page.tsx';
import { mailsPageRoutes } from './mails/mails-page.tsx';
import { peoplePageRoutes } from './people/people-page.tsx';
import { personActionRoutes } from './people/person-actions.tsx';
import { personPageRoutes } from './people/person-page.tsx';
import { accountActionRoutes } from './records/account-actions.tsx';
import { accountRecordRoutes } from './records/account-page.tsx';
import { transferActionRoutes } from './records/transfer-actions.tsx';
import { transferRecordRoutes } from './records/transfer-page.tsx';
import { searchPageRoutes } from './search-page.tsx';
import { verificationPageRoutes } from './verification-page.tsx';

/** Pages of the bank's staff. */
export function staffRoutes(ports: ConsolePorts) {
  return new Hono<SignedInPageEnv>()
    .route('/', bankPageRoutes(ports))
    .route('/', searchPageRoutes(ports))
    .route('/', peoplePageRoutes(ports))
    .route('/', personPageRoutes(ports))
    .route('/', personActionRoutes(ports))
    .route('/', accountRecordRoutes(ports))
    .route('/', accountActionRoutes(ports))
    .route('/', transferRecordRoutes(ports))
    .route('/', transferActionRoutes(ports))
    .route('/', mailsPageRoutes(ports))
    .route('/', auditPageRoutes(ports))
    .route('/', securityEventsPageRoutes(ports))
    .route('/', verificationPageRoutes(ports));
}
