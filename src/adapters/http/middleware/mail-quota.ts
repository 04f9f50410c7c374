import type { Context } from 'hono';
import { clientAddress } from '../requests/client-address.ts';
import type { SignInThrottle } from './sign-in-throttle.ts';

const PER_ADDRESS = { points: 30, seconds: 600 };
const PER_EMAIL = { points: 5, seconds: 3_600 };

/** Takes one of the mails with a link that a client, and a mailbox, may be sent. @throws PassbookError `too_many_requests` */
export async function takeMail(
  c: Context,
  email: string,
  { throttle, trustedProxies }: { throttle: SignInThrottle; trustedProxies: number },
): Promise<void> {
  await throttle.consume('links by client', { address: clientAddress(c, trustedProxies) }, PER_ADDRESS);
  await throttle.consume('links by mailbox', { email }, PER_EMAIL);
}
