import { isAboutTransfer, lastFour } from '../../domain/entities/notification.ts';
import type { Notification, TransferNotification } from '../../domain/entities/notification.ts';

/** An account as a mail shows it: by a name, by its whole number, or by both. */
export type ShownAccount = { readonly name: string | null; readonly number: string | null };
type ShownAccounts = ReadonlyMap<string, ShownAccount>;

/** The names and numbers that mails show. Accounts that are not found are missing in the answers. */
export interface NameReads {
  /** Returns accounts with the names that their owners gave them. */
  accounts(ids: readonly string[]): Promise<ShownAccounts>;
  /** Returns accounts that the user paid, with the names that the user may see. */
  payees(userId: string, accountIds: readonly string[]): Promise<ShownAccounts>;
}

/** The names and numbers of one mail. */
export type MailNames = { readonly own: ShownAccounts; readonly payees: ShownAccounts };

/** Reads the names of all accounts in a message, for a mail that goes out now. */
export async function namesIn(message: Notification, reads: NameReads): Promise<MailNames> {
  const about = transfersIn(message);
  const ownIds = new Set(about.flatMap(({ balances }) => balances.map(({ accountId }) => accountId)));
  const payeeIds = new Set(about.flatMap((one) => payeeIdOf(one) ?? []));
  const [own, payees] = await Promise.all([
    ownIds.size > 0 ? reads.accounts([...ownIds]) : new Map(),
    payeeIds.size > 0 ? reads.payees(message.recipientId, [...payeeIds]) : new Map(),
  ]);
  return { own, payees };
}

function transfersIn(message: Notification): readonly TransferNotification[] {
  if (message.kind === 'digest') return message.listed;
  return isAboutTransfer(message) ? [message] : [];
}

/** The account on the other side, if the recipient pays and knows it in full. */
export function payeeIdOf({ kind, counterparty: { account } }: TransferNotification): string | null {
  const pays = kind === 'transfer_sent' || kind === 'hold_placed';
  return pays && account !== null && account !== lastFour(account) ? account : null;
}
