import { ofKind } from '../../domain/entities/credential.ts';
import type { Credential } from '../../domain/entities/credential.ts';
import { isName } from '../../domain/entities/user.ts';
import { invalid, PassbookError } from '../../domain/errors.ts';
import type { CredentialStore, PasswordHasher } from '../ports/user-store.ts';
import type { PasskeyAnswer, Site } from '../ports/second-factors.ts';
import type { SecondFactorAnswer } from './second-factor.ts';
import { securityEvent, securityNotification } from '../users/security-events.ts';
import type { SessionCache } from '../users/session-cache.ts';
import { isChallengeFor, makeChallenge } from './challenges.ts';
import type { ChallengeTerms } from './challenges.ts';
import type { FactorPorts, Person } from './factor-ports.ts';
import { proveFactor } from './prove-factor.ts';
import { provePassword } from './prove-password.ts';
import { removeFactor } from './recovery-codes.ts';
import { addMethod } from './totp.ts';

const PASSKEYS_MAX = 20;

/** A challenge, and the options that a browser needs to answer it. */
export type PasskeyQuestion = { readonly challengeId: string; readonly options: object };

/**
 * Asks for a new passkey.
 * @throws PassbookError `invalid_credentials` for a wrong password; `second_factor_required`;
 *   `second_factor_already_set_up` for the 21st passkey
 */
export function askForPasskey(ports: FactorPorts & { hasher: PasswordHasher }) {
  return async (
    person: Person,
    { password, site }: { password: string; site: Site },
  ): Promise<PasskeyQuestion> => {
    const { user } = person;
    await provePassword(ports, person, password);
    const known = await ports.unitOfWork.run(({ credentials }) => credentials.ofUser(user.id, 'passkey'));
    requireRoom(known.length);
    const { id: challengeId, challenge } = await makeChallenge(ports, registrationOf(person));
    const options = await ports.passkeys.registrationOptions({ user, site, challenge, known });
    return { challengeId, options };
  };
}

/**
 * Keeps a new passkey.
 * @throws PassbookError `invalid_request` for a malformed name; `invalid_second_factor` for a wrong answer, and for one
 *   that belongs to a passkey already known; `second_factor_already_set_up`
 */
export function addPasskey(ports: FactorPorts & { recentSessions: SessionCache }) {
  return async (
    person: Person,
    { name: given, answer }: { name: string; answer: PasskeyAnswer },
  ): Promise<Credential<'passkey'>> => {
    const name = requireName(given);
    const { session, origin } = person;
    const { id: userId } = person.user;
    const challenge = await ports.unitOfWork.run(({ credentials }) => credentials.find(answer.challengeId));
    if (!isChallengeFor(ports, challenge, registrationOf(person))) {
      throw new PassbookError('invalid_second_factor');
    }
    const verified = await ports.passkeys.verifyRegistration(answer, challenge.content.challenge);
    if (!verified) throw new PassbookError('invalid_second_factor');

    const { id: digest, ...key } = verified;
    const passkey: Credential<'passkey'> = {
      id: ports.ids.newId(),
      userId,
      kind: 'passkey',
      digest,
      createdAt: ports.clock.now(),
      expiresAt: null,
      content: { name, ...key, lastUsedAt: null },
    };
    await ports.unitOfWork.run(async (stores) => {
      const { credentials, securityEvents, outbox } = stores;
      const isUsed = !(await credentials.remove(challenge.id));
      if (isUsed || (await credentials.byDigest('passkey', digest))) {
        throw new PassbookError('invalid_second_factor');
      }
      requireRoom((await credentials.ofUser(userId, 'passkey')).length);
      await credentials.insert(passkey);
      await addMethod(stores, session.id, 'passkey');
      const facts = { userId, sessionId: session.id, origin, details: { name } };
      await securityEvents.append(securityEvent(ports, 'passkey_added', facts));
      await outbox.add(securityNotification(ports, 'passkey_added', { ...facts, recipientId: userId }));
    });
    ports.recentSessions.forget(session.id);
    ports.onCommit();
    return passkey;
  };
}

/** @throws PassbookError `second_factor_not_found` unless the person has this passkey; `invalid_request` */
export function renamePasskey(ports: FactorPorts) {
  return async (userId: string, id: string, given: string): Promise<Credential<'passkey'>> => {
    const name = requireName(given);
    return ports.unitOfWork.run(async ({ credentials }) => {
      const known = await findOwn(credentials, { userId, id });
      const renamed = { ...known, content: { ...known.content, name } };
      await credentials.replace(renamed);
      return renamed;
    });
  };
}

/**
 * Removes a passkey, and the recovery codes with the last second factor.
 * @throws PassbookError `second_factor_not_found` unless the person has this passkey; `invalid_second_factor`
 */
export function removePasskey(ports: FactorPorts) {
  return async ({ user, session, origin }: Person, id: string, answer: SecondFactorAnswer): Promise<void> => {
    const { id: userId } = user;
    await ports.unitOfWork.run(({ credentials }) => findOwn(credentials, { userId, id }));
    await proveFactor(ports, answer, {
      user,
      origin,
      takesRecoveryCode: true,
      refusal: 'access_denied',
      onProved: async (stores) => {
        const { name } = (await findOwn(stores.credentials, { userId, id })).content;
        await removeFactor(stores, userId, id);
        const facts = { userId, sessionId: session.id, origin, details: { name } };
        await stores.securityEvents.append(securityEvent(ports, 'passkey_removed', facts));
        const notice = securityNotification(ports, 'passkey_removed', { ...facts, recipientId: userId });
        await stores.outbox.add(notice);
      },
    });
  };
}

function registrationOf({ user }: Person): ChallengeTerms {
  return { purpose: 'registration', userId: user.id };
}

async function findOwn(
  credentials: CredentialStore,
  { userId, id }: { userId: string; id: string },
): Promise<Credential<'passkey'>> {
  const found = ofKind(await credentials.find(id), 'passkey');
  if (found?.userId !== userId) throw new PassbookError('second_factor_not_found');
  return found;
}

function requireRoom(count: number): void {
  if (count < PASSKEYS_MAX) return;
  const reason = `You have ${PASSKEYS_MAX} passkeys: remove one first`;
  throw new PassbookError('second_factor_already_set_up', { reason });
}

function requireName(given: string): string {
  const name = given.trim();
  if (!isName(name)) throw invalid('name', 'must be 1 to 100 printable characters');
  return name;
}
