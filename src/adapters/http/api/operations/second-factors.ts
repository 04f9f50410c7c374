import type { ApiOperations } from '../api-operation.ts';

/** Routes about second factors. */
export const secondFactorOperations = {} as const satisfies ApiOperations;
