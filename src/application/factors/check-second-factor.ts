import { PassbookError } from '../../domain/errors.ts';
import type { SecondFactorCheck } from './second-factor.ts';
import type { FactorPorts } from './factor-ports.ts';
import { factorsOf, hasFactor } from './list-factors.ts';
import type { Factors } from './list-factors.ts';
import { proveFactor } from './prove-factor.ts';

export function checkSecondFactor(ports: FactorPorts): SecondFactorCheck {
  return async (user, answer, origin) => {
    const factors = await ports.unitOfWork.run(({ credentials }) => factorsOf(credentials, user.id));
    if (!hasFactor(factors)) return null;
    if (!answer) throw new PassbookError('second_factor_required', { methods: methodsOf(factors) });
    return proveFactor(ports, answer, { user, origin, takesRecoveryCode: true, refusal: 'sign_in_refused' });
  };
}

function methodsOf({ totpSince, passkeys, recoveryCodes }: Factors): readonly string[] {
  return [
    ...(totpSince === null ? [] : ['totp']),
    ...(passkeys.length === 0 ? [] : ['passkey']),
    ...(recoveryCodes === 0 ? [] : ['recovery_code']),
  ];
}
