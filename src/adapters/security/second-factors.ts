import type { Clock } from '../../application/ports/runtime.ts';
import type { FactorTools } from '../../application/ports/second-factors.ts';
import { createConfirmationTokens } from './confirmation-tokens.ts';
import { createOneTimePasswords } from './one-time-passwords.ts';
import { createPasskeys } from './passkeys.ts';
import { createSecretBox } from './secret-box.ts';

const BANK_NAME = 'Passbook';

/** @param secrets the first seals and signs, and all of them open and verify */
export function createFactorTools({
  secrets,
  clock,
}: {
  secrets: readonly [string, ...string[]];
  clock: Clock;
}): FactorTools {
  return {
    secretBox: createSecretBox(secrets),
    oneTimePasswords: createOneTimePasswords({ issuer: BANK_NAME }),
    passkeys: createPasskeys({ name: BANK_NAME }),
    confirmationTokens: createConfirmationTokens({ secrets, clock }),
  };
}
