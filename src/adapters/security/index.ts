export { isCommonPassword } from './common-passwords.ts';
export { createPasswordHasher } from './password-hasher.ts';
export type { PasswordHasherOptions } from './password-hasher.ts';
export { createTokenIssuer } from './tokens.ts';
export type { TokenIssuerOptions } from './tokens.ts';
