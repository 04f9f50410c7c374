import type { ApiOperations } from '../api-operation.ts';

/** Routes about sessions. */
export const sessionOperations = {} as const satisfies ApiOperations;
