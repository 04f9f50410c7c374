import type { CallOptions } from './client-session.ts';
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
