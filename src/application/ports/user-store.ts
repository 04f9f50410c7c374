import type { Credential, CredentialKind } from '../../domain/entities/credential.ts';
import type { SecurityEvent } from '../../domain/entities/security-event.ts';
import type { Session } from '../../domain/entities/session.ts';
import type { User } from '../../domain/entities/user.ts';
import type { Instant } from '../../domain/time.ts';
import type { PageRequest } from './page-request.ts';

export interface UserStore {
  /** @throws PassbookError `email_already_registered`, after which the unit is rolled back */
  insert(user: User, passwordHash: string): Promise<void>;
  byId(id: string): Promise<User | undefined>;
  /** Returns the users that exist, in no particular order. */
  byIds(ids: readonly string[]): Promise<readonly User[]>;
  byEmail(normalised: string): Promise<UserWithPassword | undefined>;
  /** Returns the user with the hash of their password. */
  withPassword(id: string): Promise<UserWithPassword | undefined>;
  /** Returns users with ids above `after`, by id ascending, which is the order of registration. */
  page(page: PageRequest): Promise<readonly User[]>;
  /**
   * Replaces all fields of the user. Has no effect on one that does not exist.
   * @throws PassbookError `email_already_registered`, after which the unit is rolled back
   */
  replace(user: User): Promise<void>;
  setPasswordHash(id: string, passwordHash: string): Promise<void>;
}

export type UserWithPassword = { readonly user: User; readonly passwordHash: string };

export interface SessionStore {
  insert(session: Session): Promise<void>;
  /** Returns a session, even an ended one, with the current state of its user. */
  find(id: string): Promise<{ session: Session; user: User } | undefined>;
  /** Ends a session. Has no effect on a session that has already ended or does not exist. */
  end(id: string, at: Instant): Promise<void>;
  /** Replaces all fields of the session. Has no effect on one that does not exist. */
  replace(session: Session): Promise<void>;
  /** Returns the user's sessions that have not ended, even expired ones, by id ascending. */
  openOf(userId: string): Promise<readonly Session[]>;
  /** Moves the last use of these sessions forward to `at`. Has no effect on those that do not exist. */
  touch(ids: readonly string[], at: Instant): Promise<void>;
  /** Clears addresses and devices of the user's sessions, even ended ones. The sessions stay. */
  eraseOf(userId: string): Promise<void>;
  /** Deletes up to `limit` sessions that ended or expired at or before `until`. Returns how many it deleted. */
  deleteOver(terms: { until: Instant; limit: number }): Promise<number>;
}

/** Credentials beside passwords. */
export interface CredentialStore {
  insert(credential: Credential): Promise<void>;
  find(id: string): Promise<Credential | undefined>;
  /** Returns a credential of this kind with this digest. */
  byDigest<K extends CredentialKind>(kind: K, digest: string): Promise<Credential<K> | undefined>;
  /** Returns the user's credentials of this kind, even expired ones, by id ascending. */
  ofUser<K extends CredentialKind>(userId: string, kind: K): Promise<readonly Credential<K>[]>;
  /** Replaces all fields of the credential. Has no effect on one that does not exist. */
  replace(credential: Credential): Promise<void>;
  /** Removes a credential. Of any number of units that remove it, only one gets true and commits. */
  remove(id: string): Promise<boolean>;
  /** Removes all credentials of the user. */
  removeOf(userId: string): Promise<void>;
  /** Deletes up to `limit` credentials that expired at or before `until`. Returns how many it deleted. */
  deleteExpired(terms: { until: Instant; limit: number }): Promise<number>;
}

/** Security events are appended. No method changes what happened or deletes it. */
export interface SecurityEventStore {
  append(event: SecurityEvent): Promise<void>;
  /** Returns events by id descending; only those below `before`, and only the user's unless `userId` is null. */
  list(terms: {
    userId: string | null;
    before: string | null;
    limit: number;
  }): Promise<readonly SecurityEvent[]>;
  /** Clears addresses, devices and details of the user's events. The events stay. */
  eraseOf(userId: string): Promise<void>;
}

/** Reads outside a transaction, used by every signed-in request. Same guarantees as `LedgerReads`. */
export interface SessionReads {
  /**
   * Returns the sessions that exist, even ended ones, in no particular order. Each comes with the current state of its
   * user.
   */
  sessions(ids: readonly string[]): Promise<readonly { session: Session; user: User }[]>;
  /** Returns the API keys with these digests, even expired ones, each with the current state of its owner. */
  apiKeys(digests: readonly string[]): Promise<readonly { key: Credential<'api_key'>; user: User }[]>;
}

export interface PasswordHasher {
  hash(password: string): Promise<string>;
  /** Without a hash (no such user), takes as long as with one and returns false. */
  verify(password: string, hash: string | undefined): Promise<boolean>;
  /** Returns whether the hash was made with outdated parameters. */
  isOutdated(hash: string): boolean;
}

export interface TokenIssuer {
  issue(claims: TokenClaims): Promise<string>;
  /** Returns the claims of a valid, unexpired token from this issuer; undefined for anything else. */
  verify(token: string): Promise<TokenClaims | undefined>;
  /** Returns whether this issuer issued the token and it has expired since. */
  hasExpired(token: string): Promise<boolean>;
}

/**
 * Tokens that renew a session. Each derives from its predecessor and the server's secret, so that all who present one
 * token get the same successor.
 */
export interface RefreshTokens {
  /** Returns a new session's first token, which nobody can guess. */
  first(sessionId: string): string;
  /** Returns the session's id if the token is genuine, even a replaced one; undefined for anything else. */
  sessionIdOf(token: string): string | undefined;
  /** Returns the token to give for a genuine one, and after it those that a server with another secret gives. */
  successorsOf(token: string): readonly [string, ...string[]];
  /** Returns the SHA-256 digest that the store keeps in place of the token. */
  digestOf(token: string): string;
}

/** Tokens of links in mails. They derive from the link's id and the server's secret, so no store holds one. */
export interface LinkTokens {
  tokenOf(credentialId: string): string;
  /** Returns the id of the credential if the token is genuine; undefined for anything else. */
  idOf(token: string): string | undefined;
}

/** The text of API keys, which carry a checksum. */
export interface ApiKeyFormat {
  /** Makes a new random key. */
  make(): string;
  /** Returns the beginning of a key, by which its owner recognises it. */
  shownOf(key: string): string;
  /** Returns the digest of a key whose checksum is right; undefined for anything else. */
  digestOf(key: string): string | undefined;
}

export type TokenClaims = {
  readonly sessionId: string;
  readonly userId: string;
  readonly expiresAt: Instant;
};
