import type { SecondFactorAnswer } from './second-factor.ts';
import type { FactorPorts, Person } from './factor-ports.ts';
import { proveFactor } from './prove-factor.ts';
import { newRecoveryCodes, replaceRecoveryCodes } from './recovery-codes.ts';

/**
 * Replaces a person's recovery codes, and returns the new ones. They are shown this once.
 * @throws PassbookError `invalid_second_factor`
 */
export function makeRecoveryCodes(ports: FactorPorts) {
  return async ({ user, origin }: Person, answer: SecondFactorAnswer): Promise<readonly string[]> => {
    const codes = newRecoveryCodes(ports);
    await proveFactor(ports, answer, {
      user,
      origin,
      takesRecoveryCode: true,
      refusal: 'access_denied',
      onProved: (stores) => replaceRecoveryCodes(ports, stores, { userId: user.id, codes, origin }),
    });
    return codes;
  };
}
