import type { Origin, SecurityAction } from '../../domain/entities/security-event.ts';
import type { SignInMethod } from '../../domain/entities/session.ts';
import { PassbookError } from '../../domain/errors.ts';
import type { User } from '../../domain/entities/user.ts';
import type { Stores } from '../ports/ledger-store.ts';
import { securityEvent } from '../users/security-events.ts';
import type { SecondFactorAnswer } from './second-factor.ts';
import { readAssertion } from './challenges.ts';
import type { Assertion, ChallengeTerms } from './challenges.ts';
import type { FactorPorts } from './factor-ports.ts';
import { totpOf } from './list-factors.ts';
import { useRecoveryCode } from './recovery-codes.ts';

export type ProofTerms = {
  readonly user: User;
  readonly origin: Origin;
  /** The challenge that a passkey must answer. Default: that of a sign-in. */
  readonly challenge?: ChallengeTerms;
  /** Whether a recovery code will do. */
  readonly takesRecoveryCode: boolean;
  /** Event of a wrong answer. */
  readonly refusal: SecurityAction;
  /** Writes in the unit that uses the answer up. */
  readonly onProved?: (stores: Stores, method: SignInMethod) => Promise<void>;
};

export const SIGN_IN: ChallengeTerms = { purpose: 'sign_in', userId: '' };

/**
 * Checks a second factor and uses it up: no code and no challenge is accepted twice.
 * @throws PassbookError `invalid_second_factor`
 */
export async function proveFactor(
  ports: FactorPorts,
  answer: SecondFactorAnswer,
  terms: ProofTerms,
): Promise<SignInMethod> {
  const { user, origin, challenge = SIGN_IN } = terms;
  const assertion = 'passkey' in answer ? await readAssertion(ports, answer.passkey, challenge) : undefined;
  const method = await ports.unitOfWork.run(async (stores) => {
    const proved =
      'passkey' in answer
        ? await usePasskey(ports, stores, { assertion, userId: user.id })
        : await useCode(ports, stores, { ...terms, code: answer.code });
    if (proved) await terms.onProved?.(stores, proved);
    else {
      const facts = { userId: user.id, origin, details: { reason: 'second factor' } };
      await stores.securityEvents.append(securityEvent(ports, terms.refusal, facts));
    }
    return proved;
  });
  ports.onCommit();
  if (!method) throw new PassbookError('invalid_second_factor');
  return method;
}

async function usePasskey(
  ports: FactorPorts,
  stores: Stores,
  { assertion, userId }: { assertion: Assertion | undefined; userId: string },
): Promise<SignInMethod | undefined> {
  if (assertion?.passkey.userId !== userId) return undefined;
  return (await useAssertion(ports, stores, assertion)) ? 'passkey' : undefined;
}

/** Removes the challenge and records the passkey's use. Returns false if the challenge is used up already. */
export async function useAssertion(
  { clock }: Pick<FactorPorts, 'clock'>,
  { credentials }: Stores,
  { challengeId, passkey, counter }: Assertion,
): Promise<boolean> {
  const known = await credentials.byDigest('passkey', passkey.digest ?? '');
  if (!known || !(await credentials.remove(challengeId))) return false;
  await credentials.replace({ ...known, content: { ...known.content, counter, lastUsedAt: clock.now() } });
  return true;
}

async function useCode(
  ports: FactorPorts,
  stores: Stores,
  { user, code, origin, takesRecoveryCode }: ProofTerms & { code: string },
): Promise<SignInMethod | undefined> {
  if (await useTotp(ports, stores, { userId: user.id, code })) return 'totp';
  if (!takesRecoveryCode) return undefined;
  return (await useRecoveryCode(ports, stores, { userId: user.id, code, origin }))
    ? 'recovery_code'
    : undefined;
}

async function useTotp(
  { secretBox, oneTimePasswords, clock }: FactorPorts,
  { credentials }: Stores,
  { userId, code }: { userId: string; code: string },
): Promise<boolean> {
  const totp = await totpOf(credentials, userId);
  const secret = totp && secretBox.open(totp.content.secret, userId);
  if (!totp || secret === undefined) return false;
  const step = oneTimePasswords.stepOf({ secret, code, at: clock.now() });
  if (step === undefined || step <= (totp.content.lastStep ?? -1)) return false;
  // Sealed anew, so that it stays readable once an earlier JWT_SECRET is forgotten
  const content = { ...totp.content, secret: secretBox.seal(secret, userId), lastStep: step };
  await credentials.replace({ ...totp, content });
  return true;
}
