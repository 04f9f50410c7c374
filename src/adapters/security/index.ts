export { isCommonPassword } from './common-passwords.ts';
export { createPasswordHasher } from './password-hasher.ts';
export { createTokenIssuer } from './tokens.ts';
