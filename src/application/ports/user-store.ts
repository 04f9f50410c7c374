import type { Session } from '../../domain/entities/session.ts';
import type { Role, User } from '../../domain/entities/user.ts';
import type { Instant } from '../../domain/time.ts';

export interface UserStore {
  /** @throws PassbookError `email_already_registered`, after which the unit is rolled back */
  insert(user: User, passwordHash: string): Promise<void>;
  byId(id: string): Promise<User | undefined>;
  /** Returns the users that exist, in no particular order. */
  byIds(ids: readonly string[]): Promise<readonly User[]>;
  byEmail(normalised: string): Promise<{ user: User; passwordHash: string } | undefined>;
  setRole(id: string, role: Role): Promise<void>;
  setPasswordHash(id: string, passwordHash: string): Promise<void>;
}

export interface SessionStore {
  insert(session: Session): Promise<void>;
  /** Returns a session, even an ended one, with the current state of its user. */
  find(id: string): Promise<{ session: Session; user: User } | undefined>;
  /** Ends a session. Has no effect on a session that has already ended or does not exist. */
  end(id: string, at: Instant): Promise<void>;
  /** Deletes up to `limit` sessions that ended or expired at or before `until`. Returns how many it deleted. */
  deleteOver(terms: { until: Instant; limit: number }): Promise<number>;
}

/** Session reads outside a transaction, used by every signed-in request. Same guarantees as `LedgerReads`. */
export interface SessionReads {
  /**
   * Returns the sessions that exist, even ended ones, in no particular order. Each comes with the current state of its
   * user.
   */
  sessions(ids: readonly string[]): Promise<readonly { session: Session; user: User }[]>;
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

export type TokenClaims = {
  readonly sessionId: string;
  readonly userId: string;
  readonly expiresAt: Instant;
};
