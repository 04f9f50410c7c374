import type { CallOptions } from './client-session.ts';
import type { ApiNewPasskey, ApiOrder, ApiSecondFactor } from './requests.ts';
import type { AnswerOf, RequestTo, Route } from './routes.ts';
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

type Call = <R extends Route>(
  route: R,
  request: RequestTo<R>,
  terms?: CallOptions & { readonly isRepeatable?: boolean },
) => Promise<AnswerOf<R>>;

export function secondFactorsClient(call: Call): SecondFactorsClient {
  const once = (terms?: CallOptions) => ({ ...terms, isRepeatable: false });
  return {
    list: async (terms) => (await call('GET /api/auth/factors', {}, terms)).factors,
    addTotp: (password, terms) => call('POST /api/auth/totp', { body: { password } }, terms),
    confirmTotp: async (code, terms) =>
      (await call('POST /api/auth/totp/confirm', { body: { code } }, once(terms))).recoveryCodes,
    removeTotp: (body, terms) => call('DELETE /api/auth/totp', { body }, once(terms)),
    makeRecoveryCodes: async (body, terms) =>
      (await call('POST /api/auth/recovery-codes', { body }, once(terms))).recoveryCodes,
    askForPasskey: (password, terms) =>
      call('POST /api/auth/passkeys/options', { body: { password } }, terms),
    addPasskey: async (body, terms) => (await call('POST /api/auth/passkeys', { body }, once(terms))).passkey,
    passkeys: async (terms) => (await call('GET /api/auth/passkeys', {}, terms)).passkeys,
    renamePasskey: async (passkeyId, name, terms) =>
      (await call('PATCH /api/auth/passkeys/{passkeyId}', { params: { passkeyId }, body: { name } }, terms))
        .passkey,
    removePasskey: (passkeyId, body, terms) =>
      call('DELETE /api/auth/passkeys/{passkeyId}', { params: { passkeyId }, body }, once(terms)),
    askForSignIn: (terms) => call('POST /api/auth/passkeys/sign-in/options', { body: {} }, terms),
    askForConfirmation: (body, terms) =>
      call('POST /api/transactions/confirmations/options', { body }, terms),
    confirmOrder: (order, proof, terms) =>
      call('POST /api/transactions/confirmations', { body: { ...order, ...proof } }, once(terms)),
  };
}
