import type { CallOptions, Terms } from './client-session.ts';
import type { ProfileClient } from './profile-client.ts';
import type { AnswerOf, RequestTo, Route } from './routes.ts';

type Call = <R extends Route>(route: R, request: RequestTo<R>, terms?: Terms) => Promise<AnswerOf<R>>;

export function profileClient(
  call: Call,
  callText: (route: Route, terms?: Terms) => Promise<string>,
): ProfileClient {
  // A second attempt would find the link used, or the password changed
  const once = (terms?: CallOptions): Terms => ({ ...terms, isRepeatable: false });
  return {
    get: async (terms) => (await call('GET /api/auth/me', {}, terms)).profile,
    change: async (body, terms) => (await call('PATCH /api/auth/me', { body }, terms)).profile,
    resendVerification: (terms) => call('POST /api/auth/email/resend', { body: {} }, terms),
    verifyEmail: (token, terms) => call('POST /api/auth/email/verify', { body: { token } }, once(terms)),
    changeEmail: (body, terms) => call('POST /api/auth/email/change', { body }, terms),
    confirmEmail: (token, terms) => call('POST /api/auth/email/confirm', { body: { token } }, once(terms)),
    forgotPassword: (email, terms) => call('POST /api/auth/password/forgot', { body: { email } }, terms),
    resetPassword: (body, terms) => call('POST /api/auth/password/reset', { body }, once(terms)),
    changePassword: (body, terms) => call('POST /api/auth/password/change', { body }, once(terms)),
    exportText: (terms) => callText('GET /api/auth/me/export', terms),
    erase: (password, terms) => call('DELETE /api/auth/me', { body: { password } }, once(terms)),
  };
}
