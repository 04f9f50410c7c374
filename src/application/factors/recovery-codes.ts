import { factorsOf, hasFactor } from './list-factors.ts';
import type { Origin } from '../../domain/entities/security-event.ts';
import type { Digest } from '../../domain/integrity/hash-chain.ts';
import type { Stores } from '../ports/ledger-store.ts';
import type { Clock, IdGenerator } from '../ports/runtime.ts';
import { securityEvent, securityNotification } from '../users/security-events.ts';

const COUNT = 10;
/** 80 bits, so that even a copy of all digests reveals no code. */
const HEX_DIGITS = 20;
const CHARACTERS = 16;
/** 32 characters that nobody confuses. */
const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789';

type Ports = { readonly clock: Clock; readonly ids: IdGenerator; readonly digest: Digest };

export function newRecoveryCodes({ ids }: { ids: IdGenerator }): readonly string[] {
  return Array.from({ length: COUNT }, () => codeOf(ids.newSalt()));
}

export async function replaceRecoveryCodes(
  ports: Ports,
  stores: Stores,
  { userId, codes, origin }: { userId: string; codes: readonly string[]; origin: Origin },
): Promise<void> {
  const { credentials, securityEvents, outbox } = stores;
  await removeRecoveryCodes(stores, userId);
  const createdAt = ports.clock.now();
  for (const code of codes) {
    const id = ports.ids.newId();
    const digest = digestOf(ports, code);
    await credentials.insert({
      id,
      userId,
      kind: 'recovery_code',
      digest,
      createdAt,
      expiresAt: null,
      content: {},
    });
  }
  await securityEvents.append(securityEvent(ports, 'recovery_codes_made', { userId, origin }));
  await outbox.add(securityNotification(ports, 'recovery_codes_made', { recipientId: userId, origin }));
}

/** Removes a second factor, and the recovery codes with the last one. */
export async function removeFactor(stores: Stores, userId: string, credentialId: string): Promise<void> {
  await stores.credentials.remove(credentialId);
  if (!hasFactor(await factorsOf(stores.credentials, userId))) await removeRecoveryCodes(stores, userId);
}

async function removeRecoveryCodes({ credentials }: Stores, userId: string): Promise<void> {
  for (const { id } of await credentials.ofUser(userId, 'recovery_code')) await credentials.remove(id);
}

/** Removes the code. Of any number of units that use it, one gets true. */
export async function useRecoveryCode(
  ports: Ports,
  { credentials, securityEvents, outbox }: Stores,
  { userId, code, origin }: { userId: string; code: string; origin: Origin },
): Promise<boolean> {
  const found = await credentials.byDigest('recovery_code', digestOf(ports, code));
  if (found?.userId !== userId || !(await credentials.remove(found.id))) return false;
  await securityEvents.append(securityEvent(ports, 'recovery_code_used', { userId, origin }));
  await outbox.add(securityNotification(ports, 'recovery_code_used', { recipientId: userId, origin }));
  return true;
}

/** Case, spaces and dashes make no difference. */
function digestOf({ digest }: Pick<Ports, 'digest'>, code: string): string {
  return digest(`passbook recovery code 1\n${code.toLowerCase().replaceAll(/[^a-z0-9]/g, '')}`);
}

function codeOf(salt: string): string {
  let bits = BigInt(`0x${salt.slice(-HEX_DIGITS)}`);
  let code = '';
  for (let at = 0; at < CHARACTERS; at++) {
    code += ALPHABET[Number(bits & 31n)];
    bits >>= 5n;
  }
  return (code.match(/.{4}/g) ?? []).join('-');
}
