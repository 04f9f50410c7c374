import type { ApiOperations } from '../api-operation.ts';

/** Routes about the signed-in person. */
export const profileOperations = {} as const satisfies ApiOperations;
