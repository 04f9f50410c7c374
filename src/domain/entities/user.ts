import { invalid } from '../errors.ts';
import { isText } from '../text.ts';
import type { Instant } from '../time.ts';

export type Role = 'customer' | 'system' | 'auditor';

export type UserState = {
  readonly id: string;
  readonly name: string;
  /** Normalised; unique among users. */
  readonly email: string;
  readonly role: Role;
  readonly createdAt: Instant;
};

export const NAME_MAX_LENGTH = 100;
/** RFC 5321, section 4.5.3.1.3: a path of 256 octets, less its angle brackets. */
const EMAIL_MAX_LENGTH = 254;

/**
 * A deliberately narrow reading of RFC 5321: one address, visible ASCII, no quoting, no comments, no lists.
 * Nothing in it can open a header line or name a second recipient.
 */
const EMAIL =
  /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;

/** Someone who can sign in. */
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

  /** @throws PassbookError `invalid_request` for a name or an e-mail address that cannot be one */
  static register(facts: { id: string; name: string; email: string; role: Role; at: Instant }): User {
    const name = facts.name.trim();
    if (!isName(name)) throw invalid('name', `must be 1 to ${NAME_MAX_LENGTH} printable characters`);
    const email = normaliseEmail(facts.email);
    if (!isEmail(email)) throw invalid('email', 'must be one e-mail address');

    return new User({ id: facts.id, name, email, role: facts.role, createdAt: facts.at });
  }

  /** Trusts its argument: for stores. */
  static restore(state: UserState): User {
    return new User(state);
  }
}

/** Case and outer white space do not tell two addresses apart. Only A to Z have a case here: the Kelvin sign is no k. */
export function normaliseEmail(email: string): string {
  return email.trim().replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}

export function isEmail(normalised: string): boolean {
  return normalised.length <= EMAIL_MAX_LENGTH && EMAIL.test(normalised);
}

export function isName(trimmed: string): boolean {
  return isText(trimmed, NAME_MAX_LENGTH);
}
