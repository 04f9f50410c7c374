import type { Credential } from '../../domain/entities/credential.ts';
import type { User } from '../../domain/entities/user.ts';
import type { Instant } from '../../domain/time.ts';

/** Authenticated encryption of short secrets, for stores. */
export interface SecretBox {
  /** @param context where the secret belongs, such as a user's id. It opens nowhere else */
  seal(secret: string, context: string): string;
  /** Returns undefined if the text is not sealed by this box for this context. */
  open(sealed: string, context: string): string | undefined;
}

/** Time-based one-time passwords (RFC 6238). */
export interface OneTimePasswords {
  /** Returns a new secret in Base32. */
  newSecret(): string;
  /** Returns the otpauth:// URI that an authenticator app reads. */
  uriOf(secret: string, email: string): string;
  /** Returns the time step of the code, at most one away from the instant's. Undefined if the code is wrong. */
  stepOf(terms: { secret: string; code: string; at: Instant }): number | undefined;
}

/** The site that passkeys are bound to. */
export type Site = { readonly origin: string };

/** A browser's answer to a challenge: the challenge's id, and the JSON of its PublicKeyCredential. */
export type PasskeyAnswer = {
  readonly challengeId: string;
  readonly credential: { readonly id: string; readonly [field: string]: unknown };
  readonly site: Site;
};

/** Passkeys (W3C Web Authentication). A passkey is always discoverable, and always verifies its user. */
export interface Passkeys {
  /** Returns the options of `navigator.credentials.create`, as JSON. `challenge` is in hexadecimal. */
  registrationOptions(terms: {
    user: User;
    site: Site;
    challenge: string;
    known: readonly Credential<'passkey'>[];
  }): Promise<object>;
  /** Returns the new passkey, or undefined if the browser's answer is not valid. */
  verifyRegistration(
    answer: PasskeyAnswer,
    challenge: string,
  ): Promise<{ id: string; publicKey: string; counter: number; transports: readonly string[] } | undefined>;
  /** Returns the options of `navigator.credentials.get`, as JSON. Without `allowed`, any passkey of the site. */
  signInOptions(terms: {
    site: Site;
    challenge: string;
    allowed?: readonly Credential<'passkey'>[];
  }): Promise<object>;
  /** Returns the passkey's new counter, or undefined if the browser's answer is not valid. */
  verifyAssertion(
    answer: PasskeyAnswer,
    terms: { challenge: string; passkey: Credential<'passkey'> },
  ): Promise<number | undefined>;
}

/** A person's fresh proof that they want one order. */
export type Confirmation = {
  readonly userId: string;
  readonly orderDigest: string;
  readonly expiresAt: Instant;
};

export interface ConfirmationTokens {
  issue(confirmation: Confirmation): Promise<string>;
  /** Returns the claims of a genuine, unexpired token; undefined for anything else. */
  verify(token: string): Promise<Confirmation | undefined>;
}

export type FactorTools = {
  readonly secretBox: SecretBox;
  readonly oneTimePasswords: OneTimePasswords;
  readonly passkeys: Passkeys;
  readonly confirmationTokens: ConfirmationTokens;
};
