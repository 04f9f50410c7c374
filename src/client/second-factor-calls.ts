import type { CallOptions } from './client-session.ts';
import type { AnswerOf, RequestTo, Route } from './routes.ts';
import type { SecondFactorsClient } from './second-factors.ts';

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
