import { NO_ORIGIN, securityEvent } from '../users/security-events.ts';
import type { Origin } from '../../domain/entities/security-event.ts';
import { isActive } from '../../domain/entities/user.ts';
import { PassbookError } from '../../domain/errors.ts';
import type { PasskeyAnswer, Site } from '../ports/second-factors.ts';
import type { SessionCache } from '../users/session-cache.ts';
import { issue, newSession } from '../users/sign-in.ts';
import type { SessionPorts, SignedIn } from '../users/sign-in.ts';
import { makeChallenge, readAssertion } from './challenges.ts';
import type { FactorPorts } from './factor-ports.ts';
import type { PasskeyQuestion } from './manage-passkeys.ts';
import { SIGN_IN, useAssertion } from './prove-factor.ts';

/** Asks for any passkey of the site: to sign in with it alone, or as a second factor. */
export function askForSignIn(ports: FactorPorts) {
  return async (site: Site): Promise<PasskeyQuestion> => {
    const { id: challengeId, challenge } = await makeChallenge(ports, SIGN_IN);
    return { challengeId, options: await ports.passkeys.signInOptions({ site, challenge }) };
  };
}

/**
 * Opens a session with a passkey alone. It verifies its user, so it is two factors in one. Ends the session that the
 * request presented, as `signIn` does.
 * @throws PassbookError `invalid_second_factor`, `unavailable`
 */
export function signInWithPasskey(ports: FactorPorts & SessionPorts & { recentSessions: SessionCache }) {
  const { unitOfWork, clock } = ports;
  return async (
    answer: PasskeyAnswer,
    { presentedToken, origin = NO_ORIGIN }: { presentedToken?: string; origin?: Origin } = {},
  ): Promise<SignedIn> => {
    const assertion = await readAssertion(ports, answer, SIGN_IN);
    const presented = presentedToken && (await ports.tokens.verify(presentedToken));
    const opened = await unitOfWork.run(async (stores) => {
      const { users, sessions, securityEvents } = stores;
      const user = assertion && (await users.byId(assertion.passkey.userId));
      const userId = user?.id ?? null;
      if (!user || !isActive(user) || !(await useAssertion(ports, stores, assertion))) {
        const facts = { userId, origin, details: { reason: 'passkey' } };
        await securityEvents.append(securityEvent(ports, 'sign_in_refused', facts));
        return undefined;
      }
      const session = newSession(ports, user, { origin, methods: ['passkey'] });
      if (presented) await sessions.end(presented.sessionId, clock.now());
      await sessions.insert(session);
      await securityEvents.append(
        securityEvent(ports, 'signed_in', {
          userId,
          sessionId: session.id,
          origin,
          details: { methods: 'passkey' },
        }),
      );
      return { user, session };
    });
    if (!opened) throw new PassbookError('invalid_second_factor');
    if (presented) ports.recentSessions.forget(presented.sessionId);
    ports.onCommit();
    return issue(ports.tokens, opened);
  };
}
