import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { RefreshTokens } from '../../application/ports/user-store.ts';

/** Each keeps other uses of the secret from making a valid token. */
const GENUINE = 'passbook refresh 1';
const SUCCESSOR = 'passbook refresh successor 1';
const MAX_LENGTH = 200;

/**
 * Creates tokens of the form SESSION.RANDOM.MAC. The MAC tells an old token from one that was never ours.
 * @param secrets the first makes tokens, and all of them prove tokens
 */
export function createRefreshTokens(secrets: readonly [string, ...string[]]): RefreshTokens {
  const [current, ...previous] = secrets;
  const tokenOf = (secret: string, sessionId: string, random: string) => {
    const text = `${sessionId}.${random}`;
    return `${text}.${mac(secret, GENUINE, text)}`;
  };
  return {
    first: (sessionId) => tokenOf(current, sessionId, randomBytes(32).toString('base64url')),
    sessionIdOf: (token) => {
      const parts = token.length > MAX_LENGTH ? [] : token.split('.');
      const [sessionId = '', random = '', given = ''] = parts;
      const isGenuine = secrets.some((secret) =>
        isSame(mac(secret, GENUINE, `${sessionId}.${random}`), given),
      );
      return isGenuine && parts.length === 3 ? sessionId : undefined;
    },
    successorsOf: (token) => {
      const [sessionId = ''] = token.split('.');
      const of = (secret: string) => tokenOf(secret, sessionId, mac(secret, SUCCESSOR, token));
      return [of(current), ...previous.map(of)];
    },
    digestOf: (token) => hash('sha256', token, 'base64url'),
  };
}

function mac(secret: string, purpose: string, text: string): string {
  return createHmac('sha256', secret).update(`${purpose}\n${text}`).digest('base64url');
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
