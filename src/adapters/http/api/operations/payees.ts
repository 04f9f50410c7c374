import * as bodies from '../../requests/payee-bodies.ts';
import { Nothing } from '../../requests/schemas.ts';
import * as json from '../../responses/payee-bodies.ts';
import type { ApiOperations } from '../api-operation.ts';

const group = 'Payees';

/** Routes about the people that the signed-in person pays. */
export const payeeOperations = {
  'POST /api/payees/check': {
    id: 'checkPayee',
    group,
    summary: 'Check who is behind an account number',
    description:
      "Compares a name with that of the account's owner. Only a close match shows the owner's name. An unknown number answers `no_match`.",
    access: 'session',
    scopes: ['payees'],
    body: bodies.PayeeCheckBody,
    status: 200,
    answer: json.PayeeCheckJson,
    errors: [],
  },
  'POST /api/payees': {
    id: 'savePayee',
    group,
    summary: 'Save a payee',
    description:
      'With `name`, checks it too. A number that is saved already answers its payee, which does not change.',
    access: 'session',
    scopes: ['payees'],
    body: bodies.NewPayeeBody,
    status: 200,
    answer: json.SavedPayeeAnswer,
    errors: ['destination_account_not_found', 'payee_limit_reached'],
  },
  'GET /api/payees': {
    id: 'listPayees',
    group,
    summary: 'List your payees',
    description: 'By label, those without one last, or oldest first with `order=age`.',
    access: 'session',
    scopes: ['read', 'payees'],
    query: bodies.PayeesQuery,
    status: 200,
    answer: json.PayeesAnswer,
    errors: [],
  },
  'PATCH /api/payees/{payeeId}': {
    id: 'relabelPayee',
    group,
    summary: 'Label a payee',
    description: 'A label of null removes the label.',
    access: 'session',
    scopes: ['payees'],
    body: bodies.PayeeChangeBody,
    status: 200,
    answer: json.PayeeAnswer,
    errors: ['payee_not_found'],
  },
  'DELETE /api/payees/{payeeId}': {
    id: 'removePayee',
    group,
    summary: 'Forget a payee',
    description: 'Removes the label and the confirmed name.',
    access: 'session',
    scopes: ['payees'],
    body: Nothing,
    status: 204,
    errors: ['payee_not_found'],
  },
} as const satisfies ApiOperations;
