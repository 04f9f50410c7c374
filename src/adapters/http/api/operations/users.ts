import { SecurityEventsQuery, UsersQuery } from '../../requests/queries.ts';
import { PageQuery } from '../../requests/schemas.ts';
import { LockBody, RoleBody, UnlockBody } from '../../requests/staff-bodies.ts';
import { SecurityEventsAnswer, StaffUserAnswer, UsersAnswer } from '../../responses/staff-bodies.ts';
import type { ApiOperations } from '../api-operation.ts';

/** Routes about users, for the staff, and about security events. */
export const userOperations = {
  'GET /api/auth/security-events': {
    id: 'listOwnSecurityEvents',
    group: 'Sign-in',
    summary: 'List your security events',
    description: 'Sign-ins, refusals, changes of credentials and of your role. Newest first.',
    access: 'session',
    query: PageQuery,
    status: 200,
    answer: SecurityEventsAnswer,
    errors: [],
  },
  'GET /api/system/security-events': {
    id: 'listSecurityEvents',
    group: 'System',
    summary: 'List security events',
    description: 'Newest first: those of all users, or with `userId` those of one.',
    access: 'system or auditor',
    scopes: ['read'],
    query: SecurityEventsQuery,
    status: 200,
    answer: SecurityEventsAnswer,
    errors: [],
  },
  'GET /api/system/users': {
    id: 'findUser',
    group: 'System',
    summary: 'List users, or find one by e-mail address',
    description: 'In the order of registration. With `email`, the answer is `user` alone.',
    access: 'staff',
    scopes: ['read'],
    query: UsersQuery,
    status: 200,
    answer: UsersAnswer,
    errors: ['user_not_found'],
  },
  'GET /api/system/users/{userId}': {
    id: 'getUser',
    group: 'System',
    summary: 'Read a user',
    access: 'staff',
    scopes: ['read'],
    status: 200,
    answer: StaffUserAnswer,
    errors: ['user_not_found'],
  },
  'PUT /api/system/users/{userId}/role': {
    id: 'grantRole',
    group: 'System',
    summary: 'Grant a role',
    description: 'Nobody can change their own role. Open sessions have the new role within a second.',
    access: 'system',
    body: RoleBody,
    status: 200,
    answer: StaffUserAnswer,
    errors: ['user_not_found'],
  },
  'POST /api/system/users/{userId}/lock': {
    id: 'lockUser',
    group: 'System',
    summary: 'Lock a user out',
    description:
      "Ends the user's sessions, and stops their API keys within a second. Only `system` may lock a system user.",
    access: 'system or operator',
    body: LockBody,
    status: 200,
    answer: StaffUserAnswer,
    errors: ['user_not_found'],
  },
  'POST /api/system/users/{userId}/unlock': {
    id: 'unlockUser',
    group: 'System',
    summary: 'Let a locked user in again',
    access: 'system or operator',
    body: UnlockBody,
    status: 200,
    answer: StaffUserAnswer,
    errors: ['user_not_found'],
  },
} as const satisfies ApiOperations;
