import type { ApiOperations } from '../api-operation.ts';

/** Routes about users, for the staff. */
export const userOperations = {} as const satisfies ApiOperations;
