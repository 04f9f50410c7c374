import * as v from 'valibot';
import { ROLES } from '../../../domain/entities/user.ts';

export const RoleBody = v.strictObject({
  role: v.picklist(ROLES, `must be one of ${ROLES.join(', ')}`),
  reason: v.optional(v.string()),
});
export const LockBody = v.strictObject({ reason: v.string() });
export const UnlockBody = v.strictObject({ reason: v.string() });
