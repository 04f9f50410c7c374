import type { CallOptions } from './client-session.ts';
import type { ApiNewPasskey, ApiOrder, ApiSecondFactor } from './requests.ts';
import type { ApiConfirmation, ApiFactors, ApiPasskey, ApiPasskeyQuestion, ApiTotpSetup } from './types.ts';

/** Calls about second factors. Those that use a code up are not repeated if their answer is lost. */
export interface SecondFactorsClient {
  /** Lists the second factors that the user has set up. */
  list(options?: CallOptions): Promise<ApiFactors>;

  /** Draws the secret of an authenticator app. @throws InvalidCredentialsError, SecondFactorAlreadySetUpError */
  addTotp(password: string, options?: CallOptions): Promise<ApiTotpSetup>;

  /** Turns the app on with its first code, and returns recovery codes. @throws InvalidSecondFactorError */
  confirmTotp(code: string, options?: CallOptions): Promise<readonly string[]>;

  /** Removes the app. @throws InvalidSecondFactorError, SecondFactorNotFoundError */
  removeTotp(proof: ApiSecondFactor, options?: CallOptions): Promise<void>;

  /** Replaces the recovery codes. @throws InvalidSecondFactorError */
  makeRecoveryCodes(proof: ApiSecondFactor, options?: CallOptions): Promise<readonly string[]>;

  /** Asks for a new passkey. @throws InvalidCredentialsError */
  askForPasskey(password: string, options?: CallOptions): Promise<ApiPasskeyQuestion>;

  /** Adds a passkey. @throws InvalidSecondFactorError */
  addPasskey(passkey: ApiNewPasskey, options?: CallOptions): Promise<ApiPasskey>;

  /** Lists the passkeys, oldest first. */
  passkeys(options?: CallOptions): Promise<readonly ApiPasskey[]>;

  /** Renames a passkey. @throws SecondFactorNotFoundError */
  renamePasskey(passkeyId: string, name: string, options?: CallOptions): Promise<ApiPasskey>;

  /** Removes a passkey. @throws InvalidSecondFactorError, SecondFactorNotFoundError */
  removePasskey(passkeyId: string, proof: ApiSecondFactor, options?: CallOptions): Promise<void>;

  /** Asks for any passkey of the site, to sign in with or as a second factor. */
  askForSignIn(options?: CallOptions): Promise<ApiPasskeyQuestion>;

  /** Asks for a passkey that confirms the order. @throws StepUpRequiredError for a user without a passkey */
  askForConfirmation(order: ApiOrder, options?: CallOptions): Promise<ApiPasskeyQuestion>;

  /** Confirms exactly this order. @throws InvalidSecondFactorError */
  confirmOrder(order: ApiOrder, proof: ApiSecondFactor, options?: CallOptions): Promise<ApiConfirmation>;
}
