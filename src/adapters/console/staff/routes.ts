import { Hono } from 'hono';
import type { SignedInPageEnv } from '../../shared/page-edge.ts';
import type { ConsolePorts } from '../ports.ts';

/** Pages of the bank's staff. */
export function staffRoutes(_ports: ConsolePorts) {
  return new Hono<SignedInPageEnv>();
}
