import type { Context } from 'hono';
import type { Origin } from '../../../domain/entities/security-event.ts';
import { clientAddress } from './client-address.ts';

const DEVICE_MAX_LENGTH = 200;

/** The client's address and user agent, for security events and mails. */
export function originOf(c: Context, trustedProxies: number): Origin {
  const device = printable(c.req.header('user-agent') ?? '');
  return {
    address: clientAddress(c, trustedProxies),
    device: device === '' ? null : device,
  };
}

/** A header may hold any Latin-1 character; none of the others may reach a mail. */
function printable(text: string): string {
  return text
    .replaceAll(/[^\u{20}-\u{7e}]/gu, '')
    .trim()
    .slice(0, DEVICE_MAX_LENGTH);
}
