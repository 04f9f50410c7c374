import type { CallOptions } from './client-session.ts';
import type { ApiList } from './pages.ts';
import type { ApiPaging } from './requests.ts';
import type { ApiPayee, ApiPayeeCheck, ApiSavedPayee } from './types.ts';

/** An account number, with or without spaces, and the name of its owner as the payer knows it. */
export type ApiPayeeQuestion = { readonly number: string; readonly name: string };

/** A payee to save. */
export type ApiNewPayee = {
  readonly number: string;
  /** Checked against the name of the account's owner. Default: no check. */
  readonly name?: string | undefined;
  /** The user's own words: 1 to 60 printable characters. Default: none. */
  readonly label?: string | undefined;
};

/** Calls about the people that the user pays. */
export interface PayeesClient {
  /** Checks who is behind an account number. @throws InvalidRequestError, TooManyRequestsError */
  check(question: ApiPayeeQuestion, options?: CallOptions): Promise<ApiPayeeCheck>;
  /**
   * Saves a payee. A number that is saved already answers its payee.
   * @throws DestinationAccountNotFoundError, PayeeLimitReachedError, TooManyRequestsError
   */
  save(payee: ApiNewPayee, options?: CallOptions): Promise<ApiSavedPayee>;
  /** Lists the saved payees by label, or by age, oldest first. Default: by label. */
  list(
    query?: ApiPaging & { readonly order?: 'label' | 'age' | undefined },
    options?: CallOptions,
  ): ApiList<ApiPayee>;
  /** Labels a payee. Null removes the label. @throws PayeeNotFoundError */
  relabel(payeeId: string, label: string | null, options?: CallOptions): Promise<ApiPayee>;
  /** Forgets a payee. @throws PayeeNotFoundError */
  remove(payeeId: string, options?: CallOptions): Promise<void>;
}
