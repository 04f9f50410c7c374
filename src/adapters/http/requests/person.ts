import type { Context } from 'hono';
import type { Person } from '../../../application/factors/factor-ports.ts';
import type { SignedInEnv } from '../env.ts';
import { originOf } from './origin.ts';

/** The signed-in person, and where their request came from. */
export function personOf(c: Context<SignedInEnv>, trustedProxies: number): Person {
  return { user: c.get('caller'), session: c.get('session'), origin: originOf(c, trustedProxies) };
}
