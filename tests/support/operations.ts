import { operations } from '../../src/adapters/http/api/operations.ts';
import type { ApiOperation } from '../../src/adapters/http/api/api-operation.ts';

/** All routes of the API with their descriptions. */
export const allOperations: readonly (readonly [route: string, operation: ApiOperation])[] =
  Object.entries<ApiOperation>(operations);

/** The route with a text in place of each id. */
export function filled(route: string, idOf: (name: string) => string): string {
  return route.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(idOf(name)));
}
