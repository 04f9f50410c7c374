import { Hono } from 'hono';
import type { SignedInPageEnv } from '../../shared/page-edge.ts';
import type { ConsolePorts } from '../ports.ts';
import { accountPageRoutes } from './account-page.tsx';

/** Pages of customers. */
export function customerRoutes(ports: ConsolePorts) {
  return new Hono<SignedInPageEnv>().route('/', accountPageRoutes(ports));
}
