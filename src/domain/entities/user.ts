import { invalid } from '../errors.ts';
import { isText } from '../text.ts';
import type { Instant } from '../time.ts';

export type Role = 'customer' | 'system' | 'auditor';

export type UserState = {
  readonly id: string;
  readonly name: string;
  /** Normalised address, unique among users. */
  readonly email: string;
  readonly role: Role;
  readonly createdAt: Instant;
};

export const NAME_MAX_LENGTH = 100;
/** RFC 5321, section 4.5.3.1.3: a path has at most 256 octets, including two angle brackets. */
const EMAIL_MAX_LENGTH = 254;

/**
 * A deliberately narrow reading of RFC 5321: one address, visible ASCII, no quoting, no comments, no lists.
 * Nothing in it can open a header line or name a second recipient.
 */
const EMAIL =
  /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;

/** A person who can sign in. */
export class User {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly createdAt: Instant;

  private constructor(state: UserState) {
    this.id = state.id;
    this.name = state.name;
    this.email = state.email;
    this.role = state.role;
    this.createdAt = state.createdAt;
  }

  /** @throws PassbookError `invalid_request` for a malformed name or e-mail address */
  static register(facts: { id: string; name: string; email: string; role: Role; at: Instant }): User {
    const name = facts.name.trim();
    if (!isName(name)) throw invalid('name', `must be 1 to ${NAME_MAX_LENGTH} printable characters`);
    const email = normaliseEmail(facts.email);
    if (!isEmail(email)) throw invalid('email', 'must be one e-mail address, such as ada@example.com');

    return new User({ id: facts.id, name, email, role: facts.role, createdAt: facts.at });
  }

  /** Restores a user without checks. For stores. */
  static restore(state: UserState): User {
    return new User(state);
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
