import type { Credential } from '../../domain/entities/credential.ts';
import type { Instant } from '../../domain/time.ts';
import type { UnitOfWork } from '../ports/ledger-store.ts';
import type { CredentialStore } from '../ports/user-store.ts';

/** The second factors that a person has set up. */
export type Factors = {
  /** Instant at which the authenticator app was added; null without one. */
  readonly totpSince: Instant | null;
  readonly recoveryCodes: number;
  readonly passkeys: readonly Credential<'passkey'>[];
};

export function listFactors({ unitOfWork }: { unitOfWork: UnitOfWork }) {
  return (userId: string): Promise<Factors> =>
    unitOfWork.run(({ credentials }) => factorsOf(credentials, userId));
}

export async function factorsOf(credentials: CredentialStore, userId: string): Promise<Factors> {
  const totp = await totpOf(credentials, userId);
  return {
    totpSince: totp?.content.confirmedAt ?? null,
    recoveryCodes: (await credentials.ofUser(userId, 'recovery_code')).length,
    passkeys: await credentials.ofUser(userId, 'passkey'),
  };
}

export function hasFactor({ totpSince, passkeys }: Factors): boolean {
  return totpSince !== null || passkeys.length > 0;
}

/** Returns the user's authenticator app if it is confirmed. */
export async function totpOf(
  credentials: CredentialStore,
  userId: string,
): Promise<Credential<'totp'> | undefined> {
  const all = await credentials.ofUser(userId, 'totp');
  return all.find(({ content }) => content.confirmedAt !== null);
}
