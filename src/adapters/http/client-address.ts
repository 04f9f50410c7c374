import { isIP } from 'node:net';
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context } from 'hono';
import type { HttpEnv } from './env.ts';

/**
 * Whose request it is: the socket's other end, or with proxies of ours in front, the address that the outermost of
 * them saw. What stands further left in X-Forwarded-For is the client's own word, and is not looked at.
 */
export function clientAddress(c: Context<HttpEnv>, trustedProxies: number): string {
  const socket = socketAddress(c);
  if (trustedProxies === 0) return socket;

  const forwarded = (c.req.header('x-forwarded-for') ?? '').split(',').map((address) => address.trim());
  const seen = forwarded.at(-trustedProxies) ?? forwarded[0] ?? '';
  return isIP(seen) === 0 ? socket : withoutMapping(seen);
}

function socketAddress(c: Context<HttpEnv>): string {
  const address = c.env?.incoming ? getConnInfo(c).remote.address : undefined;
  return address === undefined ? 'unknown' : withoutMapping(address);
}

/** An IPv4 client of a socket that listens to both comes as ::ffff:192.0.2.1. */
function withoutMapping(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}

/** What one client holds as its own: an IPv4 address, or the first 64 bits of an IPv6 one. */
export function networkOf(address: string): string {
  if (isIP(address) !== 6) return address;

  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...zeros, ...right]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
