import type { Account } from '../../domain/entities/account.ts';
import { NAME_MAX_LENGTH } from '../../domain/entities/user.ts';
import { invalid } from '../../domain/errors.ts';
import { matchNames } from '../../domain/payees/name-match.ts';
import type { NameMatch } from '../../domain/payees/name-match.ts';
import type { Payee } from '../../domain/payees/payee.ts';
import { isText } from '../../domain/text.ts';
import { readAccountId, requireAccountNumber } from '../accounts/account-ids.ts';
import type { LedgerReads, Stores, UnitOfWork } from '../ports/ledger-store.ts';
import type { Clock, IdGenerator } from '../ports/runtime.ts';

/** The answer to a check. `name` is the owner's display name; null unless the result is a close match. */
export type PayeeCheck = { readonly result: NameMatch; readonly name: string | null };

export type PayeePorts = {
  readonly unitOfWork: UnitOfWork;
  readonly reads: LedgerReads;
  readonly clock: Clock;
  readonly ids: IdGenerator;
};

/** An account as a user named it: by number. */
type NamedAccount = {
  readonly userId: string;
  readonly number: string;
  /** Undefined if no account has the number. */
  readonly account: Account | undefined;
};

/**
 * Checks who is behind an account number, and remembers a name that matches. A number of nobody, of the bank itself or
 * of an erased person answers `no_match`, after the same reads and comparisons. The state of the account or of its
 * owner makes no difference otherwise.
 * @throws PassbookError `invalid_request`, `unavailable`
 */
export function checkPayee(ports: PayeePorts) {
  return async (userId: string, request: { number: string; name: string }): Promise<PayeeCheck> => {
    const name = requirePayeeName(request.name);
    const named = await findNamedAccount(ports, { userId, number: request.number });
    return ports.unitOfWork.run((stores) => checkName(ports, stores, { ...named, name }));
  };
}

/** @throws PassbookError `invalid_request` for a number with wrong check digits */
export async function findNamedAccount(
  { reads }: PayeePorts,
  request: { userId: string; number: string },
): Promise<NamedAccount> {
  const number = requireAccountNumber('number', request.number);
  const account = await reads.account(await readAccountId(reads, number, 'number'));
  return { userId: request.userId, number, account };
}

export async function checkName(
  ports: Pick<PayeePorts, 'clock' | 'ids'>,
  { users, payees }: Stores,
  { userId, number, account, name }: NamedAccount & { readonly name: string },
): Promise<PayeeCheck> {
  const ownerId = account?.ownerId ?? null;
  // Without an owner, the user stands in for one, so that the work and the time are the same
  const [owner, known] = [
    await users.byId(ownerId ?? userId),
    await payees.at(userId, account?.id ?? number),
  ];
  const compared = matchNames(name, owner?.name ?? '');
  if (!account || ownerId === null || !owner || owner.erasedAt !== null || compared === 'no_match') {
    return { result: 'no_match', name: null };
  }

  const payee = known ?? newPayee(ports, { userId, number, account });
  if (payee.confirmedName !== owner.name) await payees.keep({ ...payee, confirmedName: owner.name });
  return { result: compared, name: compared === 'close_match' ? owner.name : null };
}

export function newPayee(
  { clock, ids }: Pick<PayeePorts, 'clock' | 'ids'>,
  { userId, number, account }: { userId: string; number: string; account: Account },
): Payee {
  return {
    id: ids.newId(),
    userId,
    accountId: account.id,
    number,
    label: null,
    confirmedName: null,
    savedAt: null,
    createdAt: clock.now(),
  };
}

/** @throws PassbookError `invalid_request` */
export function requirePayeeName(given: string): string {
  const name = given.trim();
  if (!isText(name, NAME_MAX_LENGTH)) {
    throw invalid('name', `must be 1 to ${NAME_MAX_LENGTH} printable characters`);
  }
  return name;
}
