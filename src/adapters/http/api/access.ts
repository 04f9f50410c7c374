import { ROLES } from '../../../domain/entities/user.ts';
import type { Role } from '../../../domain/entities/user.ts';

/** Roles that may call a route, by the name of the group. */
export const ROLES_OF = {
  system: ['system'],
  'system or operator': ['system', 'operator'],
  'system or auditor': ['system', 'auditor'],
  'system, operator or auditor': ['system', 'operator', 'auditor'],
  staff: ROLES.filter((role) => role !== 'customer'),
} as const satisfies Readonly<Record<string, readonly Role[]>>;

export type StaffAccess = keyof typeof ROLES_OF;

/** `none`: anyone. `session`: every user. Otherwise the users with certain roles. */
export type Access = 'none' | 'session' | StaffAccess;
