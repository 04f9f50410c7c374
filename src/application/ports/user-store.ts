import type { Session } from '../../domain/entities/session.ts';
import type { Role, User } from '../../domain/entities/user.ts';
import type { Instant } from '../../domain/time.ts';

export interface UserStore {
  /** @throws PassbookError `email_already_registered`; the unit is then rolled back */
  insert(user: User, passwordHash: string): Promise<void>;
  byId(id: string): Promise<User | undefined>;
  /** Those that exist, in no order. */
  byIds(ids: readonly string[]): Promise<readonly User[]>;
  byEmail(normalised: string): Promise<{ user: User; passwordHash: string } | undefined>;
  setRole(id: string, role: Role): Promise<void>;
  setPasswordHash(id: string, passwordHash: string): Promise<void>;
}

export interface SessionStore {
  insert(session: Session): Promise<void>;
  /** A session, ended ones too, with its user as they are today. */
  find(id: string): Promise<{ session: Session; user: User } | undefined>;
  /** The first end counts. One that does not exist is left so. */
  end(id: string, at: Instant): Promise<void>;
  /** Deletes up to `limit` sessions that ended or expired at or before `until`; how many. */
  deleteOver(terms: { until: Instant; limit: number }): Promise<number>;
}

/** As `LedgerReads`, for every request of somebody signed in. */
export interface SessionReads {
  /** Those sessions that exist, ended ones too, each with its user as they are today, in no order. */
  sessions(ids: readonly string[]): Promise<readonly { session: Session; user: User }[]>;
}

export interface PasswordHasher {
  hash(password: string): Promise<string>;
  /** With no hash (no such user) it takes as long as with one, and says no. */
  verify(password: string, hash: string | undefined): Promise<boolean>;
  /** Whether the hash was made with parameters that are no longer in use. */
  isOutdated(hash: string): boolean;
}

export interface TokenIssuer {
  issue(claims: TokenClaims): Promise<string>;
  /** Undefined for anything but an unexpired token of ours. */
  verify(token: string): Promise<TokenClaims | undefined>;
  /** Whether the token was issued here and has expired since. */
  hasExpired(token: string): Promise<boolean>;
}

export type TokenClaims = {
  readonly sessionId: string;
  readonly userId: string;
  readonly expiresAt: Instant;
};
