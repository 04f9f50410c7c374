import type { SignInMethod } from '../../domain/entities/session.ts';
import type { User } from '../../domain/entities/user.ts';

/** A person's answer to the question for a second factor: a code, or the JSON of a passkey's assertion. */
export type SecondFactorAnswer = { readonly code: string } | { readonly passkey: unknown };

/**
 * Checks the second factor of a person who has proved their password. Resolves to null if they have set up none.
 * @throws PassbookError `second_factor_required`, `invalid_second_factor`
 */
export type SecondFactorCheck = (
  user: User,
  answer: SecondFactorAnswer | undefined,
) => Promise<SignInMethod | null>;
