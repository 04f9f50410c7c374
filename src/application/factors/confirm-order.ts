import { PassbookError } from '../../domain/errors.ts';
import type { Instant } from '../../domain/time.ts';
import type { LedgerReads } from '../ports/ledger-store.ts';
import type { Site } from '../ports/second-factors.ts';
import type { SecondFactorAnswer } from './second-factor.ts';
import { securityEvent } from '../users/security-events.ts';
import { makeChallenge } from './challenges.ts';
import type { ChallengeTerms } from './challenges.ts';
import type { FactorPorts, Person } from './factor-ports.ts';
import type { PasskeyQuestion } from './manage-passkeys.ts';
import { digestOfOrder, readOrder } from './order.ts';
import type { Order } from './order.ts';
import { proveFactor } from './prove-factor.ts';

/** Time from the confirmation of an order to its request. */
const CONFIRMATION_MS = 5 * 60_000;

export type ConfirmedOrder = { readonly confirmation: string; readonly expiresAt: Instant };

/**
 * Asks for a passkey's confirmation. The challenge is bound to the order.
 * @throws PassbookError `invalid_request`; `step_up_required` for a person without a passkey
 */
export function askForConfirmation(ports: FactorPorts & { readonly reads: LedgerReads }) {
  return async (
    { user }: Person,
    { order, site }: { order: Order; site: Site },
  ): Promise<PasskeyQuestion> => {
    const terms = termsOf(ports, user.id, await readOrder(ports.reads, order));
    const allowed = await ports.unitOfWork.run(({ credentials }) => credentials.ofUser(user.id, 'passkey'));
    if (allowed.length === 0)
      throw new PassbookError('step_up_required', { reason: 'Set up a passkey first' });
    const { id: challengeId, challenge } = await makeChallenge(ports, terms);
    return { challengeId, options: await ports.passkeys.signInOptions({ site, challenge, allowed }) };
  };
}

/**
 * Confirms one order with a fresh second factor.
 * @throws PassbookError `invalid_request`; `invalid_second_factor` for a wrong answer, and for a passkey's answer to
 *   another order
 */
export function confirmOrder(ports: FactorPorts & { readonly reads: LedgerReads }) {
  return async (
    { user, session, origin }: Person,
    { order, answer }: { order: Order; answer: SecondFactorAnswer },
  ): Promise<ConfirmedOrder> => {
    const challenge = termsOf(ports, user.id, await readOrder(ports.reads, order));
    const { orderDigest } = challenge;
    await proveFactor(ports, answer, {
      user,
      origin,
      challenge,
      takesRecoveryCode: false,
      refusal: 'confirmation_refused',
      onProved: (stores) => {
        const facts = { userId: user.id, sessionId: session.id, origin, details: { order: orderDigest } };
        return stores.securityEvents.append(securityEvent(ports, 'order_confirmed', facts));
      },
    });
    const expiresAt = ports.clock.now() + CONFIRMATION_MS;
    const confirmation = await ports.confirmationTokens.issue({ userId: user.id, orderDigest, expiresAt });
    return { confirmation, expiresAt };
  };
}

function termsOf(
  { digest }: FactorPorts,
  userId: string,
  order: Order,
): ChallengeTerms & { readonly orderDigest: string } {
  return { purpose: 'confirmation', userId, orderDigest: digestOfOrder(digest, userId, order) };
}
