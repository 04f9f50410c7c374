import { Nothing } from '../../requests/schemas.ts';
import * as json from '../../responses/session-bodies.ts';
import type { ApiOperations } from '../api-operation.ts';

/** Routes of a person's own sessions. */
export const sessionOperations = {
  'POST /api/auth/refresh': {
    id: 'refreshSession',
    group: 'Sessions',
    summary: 'Renew a session by its refresh cookie',
    description:
      'Replaces the refresh token, and sets both cookies. A replaced token that is sent again after 10 seconds ends its session.',
    access: 'none',
    body: Nothing,
    status: 200,
    answer: json.RefreshedAnswer,
    errors: ['unauthenticated', 'session_expired', 'invalid_token'],
  },
  'GET /api/auth/sessions': {
    id: 'listSessions',
    group: 'Sessions',
    summary: 'List your live sessions',
    description: 'Oldest first, with the device, the address and the last use of each.',
    access: 'session',
    status: 200,
    answer: json.SessionsAnswer,
    errors: [],
  },
  'DELETE /api/auth/sessions/{sessionId}': {
    id: 'revokeSession',
    group: 'Sessions',
    summary: 'End one of your sessions',
    access: 'session',
    body: Nothing,
    status: 204,
    errors: ['session_not_found'],
  },
  'POST /api/auth/logout/everywhere': {
    id: 'signOutEverywhere',
    group: 'Sessions',
    summary: 'End all of your sessions',
    description: 'Ends this session too, and deletes its cookies.',
    access: 'session',
    body: Nothing,
    status: 204,
    errors: [],
  },
} as const satisfies ApiOperations;
