export { apiKeyFormat } from './api-keys.ts';
export { isCommonPassword } from './common-passwords.ts';
export { createFormTokens } from './form-tokens.ts';
export { createFactorTools } from './second-factors.ts';
export { createLinkTokens } from './link-tokens.ts';
export { createPasswordHasher } from './password-hasher.ts';
export { createRefreshTokens } from './refresh-tokens.ts';
export { createTokenIssuer } from './tokens.ts';
export {
  createCheckpointSigner,
  isCheckpointKey,
  newCheckpointKey,
  publicCheckpointKey,
  verifyCheckpoint,
} from './checkpoints.ts';
