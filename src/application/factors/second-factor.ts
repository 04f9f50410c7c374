import type { Origin } from '../../domain/entities/security-event.ts';
import type { SignInMethod } from '../../domain/entities/session.ts';
import type { User } from '../../domain/entities/user.ts';
import type { PasskeyAnswer } from '../ports/second-factors.ts';

/** A person's answer to the question for a second factor. A code is that of an authenticator app, or a recovery code. */
export type SecondFactorAnswer = { readonly code: string } | { readonly passkey: PasskeyAnswer };

/**
 * Checks the second factor of a person who has proved their password. Resolves to null if they have set up none.
 * @throws PassbookError `second_factor_required`, `invalid_second_factor`
 */
export type SecondFactorCheck = (
  user: User,
  answer: SecondFactorAnswer | undefined,
  origin: Origin,
) => Promise<SignInMethod | null>;
