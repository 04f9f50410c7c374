import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../application/ports/runtime.ts';
import { createSecretBox } from './secret-box.ts';

/** Keeps other uses of the secret from making a valid token. */
const PURPOSE = 'passbook form 1';
const SEAL_CONTEXT = 'passbook form seal 1';
/** Time to type a code. */
const SEALED_MS = 600_000;

/**
 * Creates the tokens that a session's forms carry, and seals texts that a form hands from one page to the next.
 * @param secrets the first makes tokens and seals, and all of them check and open
 */
export function createFormTokens({
  secrets,
  clock,
}: {
  secrets: readonly [string, ...string[]];
  clock: Clock;
}) {
  const box = createSecretBox(secrets);
  const macOf = (secret: string, sessionId: string) =>
    createHmac('sha256', secret).update(`${PURPOSE}\n${sessionId}`).digest('base64url');
  return {
    tokenOf: (sessionId: string): string => macOf(secrets[0], sessionId),
    isTokenOf: (sessionId: string, token: string): boolean =>
      secrets.some((secret) => isSame(macOf(secret, sessionId), token)),
    /** Encrypts a text for ten minutes. */
    seal: (text: string): string => box.seal(JSON.stringify([clock.now() + SEALED_MS, text]), SEAL_CONTEXT),
    /** Returns a sealed text; undefined if it is too old or not genuine. */
    open: (sealed: string): string | undefined => {
      const opened = box.open(sealed, SEAL_CONTEXT);
      if (opened === undefined) return undefined;
      const [until, text] = JSON.parse(opened) as [number, string];
      return clock.now() < until ? text : undefined;
    },
  };
}

function isSame(right: string, given: string): boolean {
  const [one, other] = [Buffer.from(right), Buffer.from(given)];
  return one.length === other.length && timingSafeEqual(one, other);
}
