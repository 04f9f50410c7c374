import { invalid } from '../errors.ts';
import { isText } from '../text.ts';
import type { Instant } from '../time.ts';

/** All roles. Each but the system's is described in `docs/http-api.md`, with the routes that it may call. */
export const ROLES = ['customer', 'support', 'auditor', 'operator', 'system'] as const;
export type Role = (typeof ROLES)[number];

export type UserState = {
  readonly id: string;
  readonly name: string;
  /** Normalised address, unique among users. */
  readonly email: string;
  readonly role: Role;
  readonly createdAt: Instant;
  /** Null until the user has proved that the address is theirs. */
  readonly emailVerifiedAt: Instant | null;
  /** Language of mails and pages, as a BCP 47 tag. */
  readonly language: string;
  /** Time zone of mails and pages, as a name of the IANA database. */
  readonly timeZone: string;
  /** Null unless an operator has locked the user out. */
  readonly lockedAt: Instant | null;
  /** Null unless the user's personal data was erased. */
  readonly erasedAt: Instant | null;
};

export const NAME_MAX_LENGTH = 100;
const TAG_MAX_LENGTH = 64;
export const DEFAULT_LANGUAGE = 'en';
export const DEFAULT_TIME_ZONE = 'UTC';
const ERASED_NAME = 'Former customer';
/** RFC 5321, section 4.5.3.1.3: a path has at most 256 octets, including two angle brackets. */
const EMAIL_MAX_LENGTH = 254;

/**
 * A deliberately narrow reading of RFC 5321: one address, visible ASCII, no quoting, no comments, no lists.
 * Nothing in it can open a header line or name a second recipient.
 */
const EMAIL =
  /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;

/** A person who can sign in. A change returns a new user. */
export class User {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly createdAt: Instant;
  readonly emailVerifiedAt: Instant | null;
  readonly language: string;
  readonly timeZone: string;
  readonly lockedAt: Instant | null;
  readonly erasedAt: Instant | null;

  private constructor(state: UserState) {
    this.id = state.id;
    this.name = state.name;
    this.email = state.email;
    this.role = state.role;
    this.createdAt = state.createdAt;
    this.emailVerifiedAt = state.emailVerifiedAt;
    this.language = state.language;
    this.timeZone = state.timeZone;
    this.lockedAt = state.lockedAt;
    this.erasedAt = state.erasedAt;
  }

  /** @throws PassbookError `invalid_request` for a malformed name or e-mail address */
  static register(facts: { id: string; name: string; email: string; role: Role; at: Instant }): User {
    return new User({
      id: facts.id,
      name: requireName(facts.name),
      email: requireEmail(facts.email),
      role: facts.role,
      createdAt: facts.at,
      emailVerifiedAt: null,
      language: DEFAULT_LANGUAGE,
      timeZone: DEFAULT_TIME_ZONE,
      lockedAt: null,
      erasedAt: null,
    });
  }

  /** Restores a user without checks. For stores. */
  static restore(state: UserState): User {
    return new User(state);
  }

  /** @throws PassbookError `invalid_request` for a malformed value */
  change(facts: { name?: string; language?: string; timeZone?: string }): User {
    return this.#with({
      ...(facts.name === undefined ? {} : { name: requireName(facts.name) }),
      ...(facts.language === undefined ? {} : { language: requireLanguage(facts.language) }),
      ...(facts.timeZone === undefined ? {} : { timeZone: requireTimeZone(facts.timeZone) }),
    });
  }

  verifyEmail(at: Instant): User {
    return this.#with({ emailVerifiedAt: this.emailVerifiedAt ?? at });
  }

  /** Sets an address that the user has proved to be theirs. @throws PassbookError `invalid_request` */
  changeEmail(email: string, at: Instant): User {
    return this.#with({ email: requireEmail(email), emailVerifiedAt: at });
  }

  grant(role: Role): User {
    return this.#with({ role });
  }

  lock(at: Instant): User {
    return this.#with({ lockedAt: this.lockedAt ?? at });
  }

  unlock(): User {
    return this.#with({ lockedAt: null });
  }

  /** Removes all personal data. The id stays: accounts and transfers refer to it. */
  erase(at: Instant): User {
    return this.#with({
      name: ERASED_NAME,
      // No mail can reach an address under .invalid (RFC 2606, section 2)
      email: `${this.id}@erased.invalid`,
      emailVerifiedAt: null,
      language: DEFAULT_LANGUAGE,
      timeZone: DEFAULT_TIME_ZONE,
      erasedAt: at,
    });
  }

  #with(change: Partial<UserState>): User {
    return new User({ ...this, ...change });
  }
}

/** Returns whether the user may sign in and act. */
export function isActive(user: User): boolean {
  return user.lockedAt === null && user.erasedAt === null;
}

function requireName(given: string): string {
  const name = given.trim();
  if (!isName(name)) throw invalid('name', `must be 1 to ${NAME_MAX_LENGTH} printable characters`);
  return name;
}

/** Returns the normalised address. @throws PassbookError `invalid_request` */
export function requireEmail(given: string): string {
  const email = normaliseEmail(given);
  if (!isEmail(email)) throw invalid('email', 'must be one e-mail address, such as ada@example.com');
  return email;
}

function requireLanguage(given: string): string {
  const language =
    given.length <= TAG_MAX_LENGTH ? attempt(() => Intl.getCanonicalLocales(given)[0]) : undefined;
  if (language === undefined) throw invalid('language', 'must be a language tag, such as en or pt-BR');
  return language;
}

function requireTimeZone(given: string): string {
  const options = { timeZone: given };
  const timeZone =
    given.length <= TAG_MAX_LENGTH && given !== ''
      ? attempt(() => new Intl.DateTimeFormat('en', options).resolvedOptions().timeZone)
      : undefined;
  if (timeZone === undefined) throw invalid('timeZone', 'must be a time zone, such as Europe/London');
  return timeZone;
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Trims white space and lowers A to Z, and only those: `toLowerCase` would also turn the Kelvin sign into a k. */
export function normaliseEmail(email: string): string {
  return email.trim().replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}

export function isEmail(normalised: string): boolean {
  return normalised.length <= EMAIL_MAX_LENGTH && EMAIL.test(normalised);
}

export function isName(trimmed: string): boolean {
  return isText(trimmed, NAME_MAX_LENGTH);
}
