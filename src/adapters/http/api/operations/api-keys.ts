import type { ApiOperations } from '../api-operation.ts';

/** Routes about API keys. */
export const apiKeyOperations = {} as const satisfies ApiOperations;
