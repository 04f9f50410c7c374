import { invalid, PassbookError } from '../../domain/errors.ts';
import { isSaved, PAYEE_LABEL_MAX_LENGTH, PAYEES_MAX } from '../../domain/payees/payee.ts';
import type { SavedPayee } from '../../domain/payees/payee.ts';
import { isText } from '../../domain/text.ts';
import { checkName, findNamedAccount, newPayee, requirePayeeName } from './check-payee.ts';
import type { PayeeCheck, PayeePorts } from './check-payee.ts';

export type PayeeRequest = { readonly number: string; readonly name?: string; readonly label?: string };

export type PayeeSaving = {
  readonly payee: SavedPayee;
  /** Null if the request has no name. */
  readonly check: PayeeCheck | null;
};

/**
 * Saves a payee. With a name, also checks it as `checkPayee` does. A payee that is saved already is returned as it
 * stands, with its old label.
 * @throws PassbookError `invalid_request`, `destination_account_not_found`, `payee_limit_reached`, `unavailable`
 */
export function savePayee(ports: PayeePorts) {
  return async (userId: string, request: PayeeRequest): Promise<PayeeSaving> => {
    const name = request.name === undefined ? null : requirePayeeName(request.name);
    const label = request.label === undefined ? null : requireLabel(request.label);
    const named = await findNamedAccount(ports, { userId, number: request.number });
    const { account } = named;
    if (!account || account.ownerId === null) throw new PassbookError('destination_account_not_found');

    return ports.unitOfWork.run(async (stores) => {
      const check = name === null ? null : await checkName(ports, stores, { ...named, name });
      const known = await stores.payees.at(userId, account.id);
      if (known && isSaved(known)) return { payee: known, check };

      if ((await stores.payees.savedOf(userId)).length >= PAYEES_MAX) {
        throw new PassbookError('payee_limit_reached', { subject: `at most ${PAYEES_MAX}` });
      }
      const unsaved = known ?? newPayee(ports, { ...named, account });
      const payee = { ...unsaved, label, savedAt: ports.clock.now() };
      await stores.payees.keep(payee);
      return { payee, check };
    });
  };
}

/** @throws PassbookError `invalid_request` */
export function requireLabel(given: string): string {
  const label = given.trim();
  if (!isText(label, PAYEE_LABEL_MAX_LENGTH)) {
    throw invalid('label', `must be 1 to ${PAYEE_LABEL_MAX_LENGTH} printable characters`);
  }
  return label;
}
