import type { SignInMethod } from '../../domain/entities/session.ts';
import { PassbookError } from '../../domain/errors.ts';
import type { Stores } from '../ports/ledger-store.ts';
import type { PasswordHasher } from '../ports/user-store.ts';
import type { SecondFactorAnswer } from './second-factor.ts';
import { securityEvent, securityNotification } from '../users/security-events.ts';
import type { SessionCache } from '../users/session-cache.ts';
import type { FactorPorts, Person } from './factor-ports.ts';
import { totpOf } from './list-factors.ts';
import { proveFactor } from './prove-factor.ts';
import { provePassword } from './prove-password.ts';
import { newRecoveryCodes, removeFactor, replaceRecoveryCodes } from './recovery-codes.ts';

/** Time to enter the first code. */
const SETUP_MS = 15 * 60_000;

export type TotpSetup = { readonly secret: string; readonly uri: string };

/**
 * Draws the secret of a new authenticator app. It counts once a first code is entered.
 * @throws PassbookError `invalid_credentials` for a wrong password; `second_factor_required`;
 *   `second_factor_already_set_up`
 */
export function addTotp(ports: FactorPorts & { hasher: PasswordHasher }) {
  return async (person: Person, password: string): Promise<TotpSetup> => {
    await provePassword(ports, person, password);
    const { user } = person;
    const secret = ports.oneTimePasswords.newSecret();
    const sealed = ports.secretBox.seal(secret, user.id);
    const createdAt = ports.clock.now();
    await ports.unitOfWork.run(async ({ credentials }) => {
      for (const { id, content } of await credentials.ofUser(user.id, 'totp')) {
        if (content.confirmedAt !== null) throw new PassbookError('second_factor_already_set_up');
        await credentials.remove(id);
      }
      await credentials.insert({
        id: ports.ids.newId(),
        userId: user.id,
        kind: 'totp',
        digest: null,
        createdAt,
        expiresAt: createdAt + SETUP_MS,
        content: { secret: sealed, confirmedAt: null, lastStep: null },
      });
    });
    return { secret, uri: ports.oneTimePasswords.uriOf(secret, user.email) };
  };
}

/**
 * Turns the authenticator app on, and returns recovery codes. They are shown this once.
 * @throws PassbookError `second_factor_not_found` unless one was added; `invalid_second_factor`
 */
export function confirmTotp(ports: FactorPorts & { recentSessions: SessionCache }) {
  return async ({ user, session, origin }: Person, code: string): Promise<readonly string[]> => {
    const codes = newRecoveryCodes(ports);
    const { id: userId } = user;
    await ports.unitOfWork.run(async (stores) => {
      const { credentials, securityEvents, outbox } = stores;
      const [totp] = await credentials.ofUser(userId, 'totp');
      const now = ports.clock.now();
      if (!totp || totp.content.confirmedAt !== null || now >= (totp.expiresAt ?? now)) {
        throw new PassbookError('second_factor_not_found');
      }
      const secret = ports.secretBox.open(totp.content.secret, userId);
      const step = secret && ports.oneTimePasswords.stepOf({ secret, code, at: now });
      if (typeof step !== 'number') throw new PassbookError('invalid_second_factor');

      const content = { ...totp.content, confirmedAt: now, lastStep: step };
      await credentials.replace({ ...totp, expiresAt: null, content });
      await replaceRecoveryCodes(ports, stores, { userId, codes, origin });
      await addMethod(stores, session.id, 'totp');
      await securityEvents.append(
        securityEvent(ports, 'totp_added', { userId, sessionId: session.id, origin }),
      );
      await outbox.add(securityNotification(ports, 'totp_added', { recipientId: userId, origin }));
    });
    ports.recentSessions.forget(session.id);
    ports.onCommit();
    return codes;
  };
}

/**
 * Removes the authenticator app, and the recovery codes unless a passkey is left.
 * @throws PassbookError `second_factor_not_found`, `invalid_second_factor`
 */
export function removeTotp(ports: FactorPorts) {
  return async ({ user, session, origin }: Person, answer: SecondFactorAnswer): Promise<void> => {
    const { id: userId } = user;
    const known = await ports.unitOfWork.run(({ credentials }) => totpOf(credentials, userId));
    if (!known) throw new PassbookError('second_factor_not_found');
    await proveFactor(ports, answer, {
      user,
      origin,
      takesRecoveryCode: true,
      refusal: 'access_denied',
      onProved: async (stores) => {
        await removeFactor(stores, userId, known.id);
        const facts = { userId, sessionId: session.id, origin };
        await stores.securityEvents.append(securityEvent(ports, 'totp_removed', facts));
        await stores.outbox.add(securityNotification(ports, 'totp_removed', { recipientId: userId, origin }));
      },
    });
  };
}

/** Records that the person of an open session has just proved another factor. */
export async function addMethod(
  { sessions }: Stores,
  sessionId: string,
  method: SignInMethod,
): Promise<void> {
  const found = await sessions.find(sessionId);
  if (!found) return;
  const methods = [...new Set([...found.session.methods, method])];
  await sessions.replace({ ...found.session, methods });
}
