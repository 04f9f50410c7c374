import { formatAccountNumber } from '../../domain/entities/account-number.ts';
import { PassbookError } from '../../domain/errors.ts';
import type { AccountView } from '../../application/views.ts';
import type { ConsolePorts } from './ports.ts';

const PAGE = 200;

/** Returns all accounts of a person, oldest first. */
export async function ownAccounts(
  { bank }: Pick<ConsolePorts, 'bank'>,
  userId: string,
): Promise<readonly AccountView[]> {
  const accounts: AccountView[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const request = { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) };
    const page = await bank.ledger.listAccounts({ kind: 'user', id: userId }, userId, request);
    accounts.push(...page.items);
    cursor = page.nextCursor;
  }
  return accounts;
}

/** Returns an account of a person, and all of them. @throws PassbookError `account_not_found` */
export async function ownAccount(
  ports: Pick<ConsolePorts, 'bank'>,
  { userId, accountId }: { userId: string; accountId: string },
): Promise<{ readonly account: AccountView; readonly accounts: readonly AccountView[] }> {
  const accounts = await ownAccounts(ports, userId);
  const account = accounts.find((one) => one.accountId === accountId);
  if (!account) throw new PassbookError('account_not_found');
  return { account, accounts };
}

/** The name of an account for its owner. */
export function accountTitle({ name, currency }: Pick<AccountView, 'name' | 'currency'>): string {
  return name ?? `${currency} account`;
}

/** The number of an account in groups; an empty text for one without. */
export function numberText({ number }: Pick<AccountView, 'number'>): string {
  return number === null ? '' : formatAccountNumber(number);
}
