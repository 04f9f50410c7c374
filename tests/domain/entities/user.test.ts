import { describe, expect, it } from 'vitest';
import { invalid } from '../../../src/domain/errors.ts';
import { isActive, isEmail, isName, normaliseEmail, User } from '../../../src/domain/entities/user.ts';
import { JANUARY } from '../../../src/testing/fixtures/builders.ts';

const FACTS = { id: 'u', name: 'Alice', email: 'alice@example.com', role: 'customer', at: JANUARY } as const;

describe('a new user', () => {
  it('has a trimmed name and a normalised e-mail address', () => {
    const user = User.register({ ...FACTS, name: '  Zoë O’Neill ', email: ' Alice@Example.COM ' });
    expect({ ...user }).toStrictEqual({
      id: 'u',
      name: 'Zoë O’Neill',
      email: 'alice@example.com',
      role: 'customer',
      createdAt: JANUARY,
      emailVerifiedAt: null,
      language: 'en',
      timeZone: 'UTC',
      lockedAt: null,
      erasedAt: null,
    });
  });

  it.each<[what: string, name: string]>([
    ['nothing', ''],
    ['white space', ' \t\n '],
    ['101 characters', 'a'.repeat(101)],
    ['a line break', 'Alice\nBcc: eve@example.com'],
    ['a carriage return', 'Alice\rBcc: eve@example.com'],
    ['a NUL', 'Alice\0'],
    ['an escape', 'Alice\u001b[31m'],
    ['a C1 control', 'Alice\u0085Bcc: eve@example.com'],
    ['a line separator', 'Alice\u2028Eve'],
    ['a paragraph separator', 'Alice\u2029Eve'],
    ['half a surrogate pair', 'Alice\ud83c'],
  ])('cannot be named %s', (_, name) => {
    expect(() => User.register({ ...FACTS, name })).toThrow(
      invalid('name', 'must be 1 to 100 printable characters'),
    );
  });

  it.each(['A', 'a'.repeat(100), 'Ng Thị Ánh', '李小龍', '🏦 Bank', 'O\'Neill, "Al" <al>'])(
    'can be named %s',
    (name) => {
      expect(isName(name)).toBe(true);
      expect(User.register({ ...FACTS, name }).name).toBe(name);
    },
  );

  it.each<[what: string, email: string]>([
    ['nothing', ''],
    ['no at sign', 'alice'],
    ['no local part', '@example.com'],
    ['no domain', 'alice@'],
    ['two at signs', 'alice@bob@example.com'],
    ['two addresses with a comma', 'alice@example.com,eve@example.com'],
    ['two addresses with a semicolon', 'alice@example.com;eve@example.com'],
    ['two addresses with a space', 'alice@example.com eve@example.com'],
    ['a header after a line break', 'alice@example.com\r\nBcc: eve@example.com'],
    ['a line break in the local part', 'alice\n@example.com'],
    ['a bare carriage return', 'alice@example.com\rx'],
    ['a line separator', 'alice\u2028@example.com'],
    ['a NUL', 'alice\0@example.com'],
    ['a display name', 'Alice <alice@example.com>'],
    ['angle brackets', '<alice@example.com>'],
    ['a group', 'group:alice@example.com,eve@example.com;'],
    ['a comment', 'alice(comment)@example.com'],
    ['a quoted local part', '"alice eve"@example.com'],
    ['a backslash', String.raw`alice\@example.com`],
    ['an address literal', 'alice@[127.0.0.1]'],
    ['a domain that begins with a hyphen', 'alice@-example.com'],
    ['a domain that ends with a dot', 'alice@example.com.'],
    ['an empty label', 'alice@example..com'],
    ['a label of 64', `alice@${'a'.repeat(64)}.com`],
    ['a local part of 65', `${'a'.repeat(65)}@example.com`],
    ['a path beyond RFC 5321', `a@${'abcdefg.'.repeat(31)}abcde`],
    ['a local part beyond ASCII', 'älice@example.com'],
    ['a domain beyond ASCII', 'alice@exämple.com'],
    ['a sign that lowers to a letter of ASCII, the Kelvin sign', 'alice@\u212aexample.com'],
    ['a full-width at sign', 'alice\uff20example.com'],
  ])('cannot have the address %s', (_, email) => {
    expect(() => User.register({ ...FACTS, email })).toThrow(
      invalid('email', 'must be one e-mail address, such as ada@example.com'),
    );
  });

  it.each([
    'a@b',
    "o'neill+bank=1@example.co.uk",
    '!#$%&*/?^_`{|}~-@example.com',
    `${'a'.repeat(64)}@example.com`,
    `alice@${'a'.repeat(63)}.com`,
    `a@${'abcdefg.'.repeat(31)}abcd`,
    'alice@xn--exmple-cua.com',
  ])('can have the address %s', (email) => {
    expect(isEmail(email)).toBe(true);
    expect(User.register({ ...FACTS, email }).email).toBe(email);
  });
});

describe('a normalised e-mail address', () => {
  it.each([
    ['Alice@Example.COM', 'alice@example.com'],
    ['  alice@example.com\n', 'alice@example.com'],
    ['a.b+c@example.com', 'a.b+c@example.com'],
  ])('of "%s" is %s', (email, expected) => {
    expect(normaliseEmail(email)).toBe(expected);
    expect(normaliseEmail(normaliseEmail(email))).toBe(expected);
  });
});

describe('a restored user', () => {
  it('equals the stored state', () => {
    const state = {
      id: 'u',
      name: '\n',
      email: 'old',
      role: 'auditor',
      createdAt: JANUARY,
      emailVerifiedAt: JANUARY + 1,
      language: 'fr',
      timeZone: 'Nowhere',
      lockedAt: JANUARY + 2,
      erasedAt: JANUARY + 3,
    } as const;
    expect({ ...User.restore(state) }).toStrictEqual(state);
  });
});

describe('a change of a user', () => {
  const user = User.register({
    id: 'u',
    name: 'Alice',
    email: 'alice@example.com',
    role: 'customer',
    at: JANUARY,
  });

  it('sets the given fields in canonical form, and nothing else', () => {
    expect({ ...user.change({ name: ' Zoë ', language: 'pt-br', timeZone: 'europe/london' }) }).toStrictEqual(
      {
        ...user,
        name: 'Zoë',
        language: 'pt-BR',
        timeZone: 'Europe/London',
      },
    );
    expect({ ...user.change({}) }).toStrictEqual({ ...user });
  });

  it.each([
    ['name', { name: ' ' }],
    ['language', { language: 'not a tag' }],
    ['language', { language: '' }],
    ['timeZone', { timeZone: 'Mars/Olympus' }],
    ['timeZone', { timeZone: '' }],
    ['timeZone', { timeZone: 'x'.repeat(100_000) }],
  ])('refuses an invalid %s', (field, change) => {
    expect(() => user.change(change)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    expect(() => user.change(change)).toThrow(field);
  });

  it('keeps the first verification of an address, and gets a new one with a new address', () => {
    const verified = user.verifyEmail(5).verifyEmail(9);
    expect(verified.emailVerifiedAt).toBe(5);
    expect(verified.changeEmail('Ada@Example.com', 12)).toMatchObject({
      email: 'ada@example.com',
      emailVerifiedAt: 12,
    });
    expect(() => user.changeEmail('a@b, c@d', 1)).toThrow('email');
  });

  it('locks and unlocks', () => {
    expect(isActive(user)).toBe(true);
    const locked = user.lock(5);
    expect([isActive(locked), locked.lock(9).lockedAt, isActive(locked.unlock())]).toEqual([false, 5, true]);
  });

  it('erases personal data, and keeps the id, the role and the time', () => {
    const erased = user.change({ language: 'fr', timeZone: 'Asia/Tokyo' }).verifyEmail(3).erase(7);
    expect({ ...erased }).toStrictEqual({
      id: 'u',
      name: 'Former customer',
      email: 'u@erased.invalid',
      role: 'customer',
      createdAt: JANUARY,
      emailVerifiedAt: null,
      language: 'en',
      timeZone: 'UTC',
      lockedAt: null,
      erasedAt: 7,
    });
    expect(isActive(erased)).toBe(false);
  });
});
