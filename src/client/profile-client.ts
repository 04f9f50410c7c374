import type { CallOptions, Terms } from './client-session.ts';
import type { AnswerOf, RequestTo, Route } from './routes.ts';
import type { ApiErasure, ApiProfile } from './types.ts';

/** Changes of a profile. Fields that are left out stay. */
export type ApiProfileChange = {
  /** 1 to 100 printable characters. Payees see it. */
  readonly name?: string | undefined;
  /** A tag of BCP 47, such as pt-BR. */
  readonly language?: string | undefined;
  /** A name of the IANA database, such as Europe/London. */
  readonly timeZone?: string | undefined;
};

/** Calls about the user's own account at the bank. A token is that of a link in a mail. */
export interface ProfileClient {
  get(options?: CallOptions): Promise<ApiProfile>;
  change(change: ApiProfileChange, options?: CallOptions): Promise<ApiProfile>;
  /** Mails a link that verifies the user's address. */
  resendVerification(options?: CallOptions): Promise<void>;
  /** Verifies the user's address. @throws LinkNotValidError */
  verifyEmail(token: string, options?: CallOptions): Promise<void>;
  /** Mails a link to a new address. @throws InvalidCredentialsError */
  changeEmail(
    change: { readonly email: string; readonly password: string },
    options?: CallOptions,
  ): Promise<void>;
  /** Sets the new address. @throws LinkNotValidError, EmailAlreadyRegisteredError */
  confirmEmail(token: string, options?: CallOptions): Promise<void>;
  /** Mails a link that resets a password, if the address is a user's. */
  forgotPassword(email: string, options?: CallOptions): Promise<void>;
  /** Sets a password and ends all sessions. @throws LinkNotValidError, InvalidRequestError */
  resetPassword(
    reset: { readonly token: string; readonly password: string },
    options?: CallOptions,
  ): Promise<void>;
  /** Sets a password and ends the other sessions. @throws InvalidCredentialsError, InvalidRequestError */
  changePassword(
    change: { readonly currentPassword: string; readonly newPassword: string },
    options?: CallOptions,
  ): Promise<void>;
  /** Reads all that the bank stores about the user, as the text of a JSON file. */
  exportText(options?: CallOptions): Promise<string>;
  /** Erases the user's data. @throws InvalidCredentialsError, ForbiddenError */
  erase(password: string, options?: CallOptions): Promise<ApiErasure>;
}

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
