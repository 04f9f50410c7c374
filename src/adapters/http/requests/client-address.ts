import { isIP } from 'node:net';
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context } from 'hono';
import type { HttpEnv } from '../env.ts';

/**
 * The client's address: the socket's remote end or, behind our own proxies, the address that the outermost one saw.
 * Entries further left in X-Forwarded-For are ignored: the client can forge them.
 */
export function clientAddress(c: Context, trustedProxies: number): string {
  const socket = socketAddress(c as Context<HttpEnv>);
  if (trustedProxies === 0) return socket;

  const forwarded = (c.req.header('x-forwarded-for') ?? '').split(',').filter((text) => text.trim() !== '');
  return plainAddress(forwarded.at(-trustedProxies) ?? forwarded[0] ?? '') ?? socket;
}

function socketAddress(c: Context<HttpEnv>): string {
  const address = c.env?.incoming ? getConnInfo(c).remote.address : undefined;
  return (address !== undefined && plainAddress(address)) || 'unknown';
}

/** Some proxies add a port: [2001:db8::1]:443 or 192.0.2.1:443. */
const WITH_PORT = /^"?(?:\[([^\]]*)\]|([^:[\]"]*))(?::\d+)?"?$/;

/** The address without port, brackets or zone. An IPv4 address embedded in IPv6 is returned as IPv4. */
function plainAddress(given: string): string | undefined {
  const text = given.trim();
  if (isIP(text) === 4) return text;

  const [, bracketed, bare] = WITH_PORT.exec(text) ?? [];
  const address = (bracketed ?? bare ?? text).replace(/%.*$/, '').toLowerCase();
  if (isIP(address) === 0) return undefined;
  return isIP(address) === 6 ? (embeddedIpv4(groupsOf(address)) ?? address) : address;
}

/** A dual-stack socket shows an IPv4 client as ::ffff:192.0.2.1, a gateway as 64:ff9b::/96 (RFC 6052). */
const IPV4_PREFIXES: ReadonlySet<string> = new Set(['0:0:0:0:0:ffff', '64:ff9b:0:0:0:0']);

function embeddedIpv4(groups: readonly string[]): string | undefined {
  if (!IPV4_PREFIXES.has(groups.slice(0, 6).join(':'))) return undefined;
  const [high = 0, low = 0] = groups.slice(6).map((group) => Number.parseInt(group, 16));
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}

/** The eight groups of an IPv6 address, without leading zeros. */
function groupsOf(address: string): readonly string[] {
  const [head = '', tail] = address.replace(/\d+\.\d+\.\d+\.\d+$/, hexOf).split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...zeros, ...right].map((group) => Number.parseInt(group, 16).toString(16));
}

function hexOf(ipv4: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = ipv4.split('.').map(Number);
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

/** The network of one client: an IPv4 address, or the first 64 bits of an IPv6 one. */
export function networkOf(address: string): string {
  return isIP(address) === 6 ? groupsOf(address).slice(0, 4).join(':') : address;
}

/** The range that a provider may give one customer: the first 48 bits of an IPv6 address (RFC 6177). None for IPv4. */
export function siteOf(address: string): string | undefined {
  return isIP(address) === 6 ? groupsOf(address).slice(0, 3).join(':') : undefined;
}
