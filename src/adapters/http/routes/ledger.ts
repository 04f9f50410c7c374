import { Hono } from 'hono';
import type { UnconfirmedOrder } from '../../../application/factors/require-confirmation.ts';
import type { NameCounterparties } from '../../../application/payees/name-counterparties.ts';
import type { Ledger } from '../../../application/ledger.ts';
import type { Logger } from '../../../application/ports/runtime.ts';
import type { CallerRequired, HttpEnv } from '../env.ts';
import type { WriteThrottle } from '../middleware/write-throttle.ts';
import { accountRoutes } from './accounts.ts';
import type { StatementPorts } from './statement.ts';
import { systemRoutes } from './system.ts';
import { transactionRoutes } from './transactions.ts';

/** All routes of the ledger itself. They know nothing of users and sessions. */
export function ledgerRoutes(ports: {
  ledger: Ledger;
  log: Logger;
  callerRequired: CallerRequired;
  writes: WriteThrottle;
  statements: StatementPorts;
  /** Null or absent: no order needs a confirmation. */
  requireConfirmation?: ((order: UnconfirmedOrder) => Promise<void>) | null;
  /** Absent: payers see the accounts that they named, and no names. */
  counterparties?: NameCounterparties;
}) {
  return new Hono<HttpEnv>()
    .route('/accounts', accountRoutes(ports))
    .route('/transactions', transactionRoutes(ports))
    .route('/system', systemRoutes(ports));
}
