import type { Context } from 'hono';
import { clientAddress } from '../requests/client-address.ts';
import type { SignInThrottle } from './sign-in-throttle.ts';

const PER_PERSON = { points: 60, seconds: 3_600 };
const PER_ADDRESS = { points: 600, seconds: 3_600 };

/**
 * Takes one of the requests that say something about an account number, so that nobody can walk through the numbers.
 * @throws PassbookError `too_many_requests`
 */
export async function takePayeeCheck(
  c: Context,
  userId: string,
  { throttle, trustedProxies }: { throttle: SignInThrottle; trustedProxies: number },
): Promise<void> {
  await throttle.consume('payee checks by person', { id: userId }, PER_PERSON);
  await throttle.consume(
    'payee checks by client',
    { address: clientAddress(c, trustedProxies) },
    PER_ADDRESS,
  );
}
