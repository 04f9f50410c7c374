import { createHmac, timingSafeEqual } from 'node:crypto';
import type { LinkTokens } from '../../application/ports/user-store.ts';

/** Keeps other uses of the secret from making a valid token. */
const PURPOSE = 'passbook link 1';
const MAX_LENGTH = 200;

/**
 * Creates tokens of the form ID.MAC.
 * @param secrets the first makes tokens, and all of them prove tokens
 */
export function createLinkTokens(secrets: readonly [string, ...string[]]): LinkTokens {
  const macOf = (secret: string, id: string) =>
    createHmac('sha256', secret).update(`${PURPOSE}\n${id}`).digest('base64url');
  return {
    tokenOf: (id) => `${id}.${macOf(secrets[0], id)}`,
    idOf: (token) => {
      if (token.length > MAX_LENGTH) return undefined;
      const [id = '', mac = ''] = token.split('.');
      const given = Buffer.from(mac);
      const isGenuine = secrets.some((secret) => {
        const right = Buffer.from(macOf(secret, id));
        return right.length === given.length && timingSafeEqual(right, given);
      });
      return isGenuine && token === `${id}.${mac}` ? id : undefined;
    },
  };
}
