import type { Instant } from '../time.ts';

/** Plain JSON of each kind of credential. Amounts are text. */
export type CredentialContents = {
  /** Proves an address, once, by a link in a mail. */
  readonly email_verification: { readonly email: string };
  readonly password_reset: { readonly email: string };
  readonly email_change: { readonly email: string };
  /** A WebAuthn credential. Its `digest` is the credential's id, in base64url. */
  readonly passkey: {
    readonly name: string;
    /** COSE key, in base64url. */
    readonly publicKey: string;
    readonly counter: number;
    readonly transports: readonly string[];
    readonly lastUsedAt: Instant | null;
  };
  readonly totp: {
    /** Encrypted. */
    readonly secret: string;
    /** Null until the user has entered a first code. */
    readonly confirmedAt: Instant | null;
    /** Last accepted time step: no code is accepted twice. */
    readonly lastStep: number | null;
  };
  readonly recovery_code: { readonly [name: string]: never };
  /** A WebAuthn challenge that waits for its answer. */
  readonly challenge: { readonly purpose: string; readonly challenge: string };
  readonly api_key: {
    readonly name: string;
    /** Beginning of the key, by which its owner recognises it. */
    readonly prefix: string;
    readonly scopes: readonly ApiKeyScope[];
    /** Ids of the accounts that the key may touch; null for all of its owner's. */
    readonly accounts: readonly string[] | null;
    /** Largest amount of one transfer, in minor units, as text; null for no limit. */
    readonly transferLimit: string | null;
    readonly lastUsedAt: Instant | null;
  };
};

/** Beginning of every API key. */
export const API_KEY_PREFIX = 'pb_';
export const API_KEY_SCOPES = ['read', 'transfer', 'hold', 'payees', 'admin'] as const;
export type ApiKeyScope = (typeof API_KEY_SCOPES)[number];

export type CredentialKind = keyof CredentialContents;

/** Anything beside a password that proves who a person is, or that a program may act for them. */
export type Credential<K extends CredentialKind = CredentialKind> = {
  [Kind in K]: {
    readonly id: string;
    readonly userId: string;
    readonly kind: Kind;
    /** A look-up key, such as the SHA-256 of a token. Null if the credential is found by its id or its user only. */
    readonly digest: string | null;
    readonly createdAt: Instant;
    /** Exclusive. Null if it does not expire. */
    readonly expiresAt: Instant | null;
    readonly content: CredentialContents[Kind];
  };
}[K];

/** Returns the credential if it is of this kind. */
export function ofKind<K extends CredentialKind>(
  credential: Credential | undefined,
  kind: K,
): Credential<K> | undefined {
  return credential?.kind === kind ? (credential as Credential<K>) : undefined;
}

export function isUsable({ expiresAt }: Credential, now: Instant): boolean {
  return expiresAt === null || now < expiresAt;
}
