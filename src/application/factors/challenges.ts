import { isUsable, ofKind } from '../../domain/entities/credential.ts';
import type { Credential } from '../../domain/entities/credential.ts';
import type { Digest } from '../../domain/integrity/hash-chain.ts';
import type { Instant } from '../../domain/time.ts';
import type { UnitOfWork } from '../ports/ledger-store.ts';
import type { Clock, IdGenerator } from '../ports/runtime.ts';
import type { PasskeyAnswer, Passkeys } from '../ports/second-factors.ts';

/** Time to answer a challenge. */
const CHALLENGE_MS = 5 * 60_000;

type Ports = {
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly digest: Digest;
};

/** Meaning of an answered challenge. Only a confirmation is bound to more than its user. */
export type ChallengeTerms = {
  readonly purpose: 'registration' | 'sign_in' | 'confirmation';
  /** Empty while nobody is known. */
  readonly userId: string;
  /** Digest of the order to confirm. */
  readonly orderDigest?: string;
};

export type Challenge = { readonly id: string; readonly challenge: string; readonly expiresAt: Instant };

/** Draws and keeps a challenge, which one answer uses up. */
export async function makeChallenge(ports: Ports, terms: ChallengeTerms): Promise<Challenge> {
  const id = ports.ids.newSalt();
  const createdAt = ports.clock.now();
  const expiresAt = createdAt + CHALLENGE_MS;
  const challenge = challengeText(ports.digest, terms, id);
  const { purpose, userId } = terms;
  const content = { purpose, challenge };
  await ports.unitOfWork.run(({ credentials }) =>
    credentials.insert({ id, userId, kind: 'challenge', digest: null, createdAt, expiresAt, content }),
  );
  return { id, challenge, expiresAt };
}

/** The challenge in hexadecimal. It is bound to its terms, and the id makes it unpredictable. */
function challengeText(
  digest: Digest,
  { purpose, userId, orderDigest = '' }: ChallengeTerms,
  id: string,
): string {
  return digest(['passbook challenge 1', purpose, userId, orderDigest, id].join('\n'));
}

export function isChallengeFor(
  { digest, clock }: Pick<Ports, 'digest' | 'clock'>,
  found: Credential | undefined,
  terms: ChallengeTerms,
): found is Credential<'challenge'> {
  const challenge = ofKind(found, 'challenge');
  if (!challenge || !isUsable(challenge, clock.now())) return false;
  return challenge.content.challenge === challengeText(digest, terms, challenge.id);
}

/** A passkey's answer that is right, unless the challenge is used up meanwhile. */
export type Assertion = {
  readonly challengeId: string;
  readonly passkey: Credential<'passkey'>;
  readonly counter: number;
};

/** Returns undefined if the answer is wrong, or answers another challenge. */
export async function readAssertion(
  ports: Ports & { readonly passkeys: Passkeys },
  answer: PasskeyAnswer,
  terms: ChallengeTerms,
): Promise<Assertion | undefined> {
  const { challengeId, credential } = answer;
  const [found, passkey] = await ports.unitOfWork.run(
    async ({ credentials }) =>
      [await credentials.find(challengeId), await credentials.byDigest('passkey', credential.id)] as const,
  );
  if (!passkey || !isChallengeFor(ports, found, terms)) return undefined;
  const { challenge } = found.content;
  const counter = await ports.passkeys.verifyAssertion(answer, { challenge, passkey });
  return counter === undefined ? undefined : { challengeId, passkey, counter };
}
