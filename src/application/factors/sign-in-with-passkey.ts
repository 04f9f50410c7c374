import { NO_ORIGIN, securityEvent } from '../users/security-events.ts';
import type { Origin } from '../../domain/entities/security-event.ts';
import { isActive } from '../../domain/entities/user.ts';
import { PassbookError } from '../../domain/errors.ts';
import type { PasskeyAnswer, Site } from '../ports/second-factors.ts';
import type { SessionCache } from '../users/session-cache.ts';
import { issueAccess, newSession, storeSignIn } from '../users/open-session.ts';
import type { SessionPorts, SignedIn } from '../users/open-session.ts';
import { presentedSessions } from '../users/sign-in.ts';
import type { PresentedTokens } from '../users/sign-in.ts';
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
    { origin = NO_ORIGIN, ...tokens }: PresentedTokens & { origin?: Origin } = {},
  ): Promise<SignedIn> => {
    const assertion = await readAssertion(ports, answer, SIGN_IN);
    const presented = await presentedSessions(ports, tokens);
    const opened = await unitOfWork.run(async (stores) => {
      const user = assertion && (await stores.users.byId(assertion.passkey.userId));
      if (!user || !isActive(user) || !(await useAssertion(ports, stores, assertion))) {
        const facts = { userId: user?.id ?? null, origin, details: { reason: 'passkey' } };
        await stores.securityEvents.append(securityEvent(ports, 'sign_in_refused', facts));
        return undefined;
      }
      const { session, refreshToken } = newSession(ports, user, { origin, methods: ['passkey'] });
      for (const id of presented) await stores.sessions.end(id, clock.now());
      await storeSignIn(ports, stores, session);
      return { user, session, refreshToken };
    });
    if (!opened) throw new PassbookError('invalid_second_factor');
    for (const id of presented) ports.recentSessions.forget(id);
    ports.onCommit();
    const { user, session, refreshToken } = opened;
    return { user, ...(await issueAccess(ports, session)), refreshToken };
  };
}
