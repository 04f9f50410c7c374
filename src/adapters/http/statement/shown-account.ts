import { lastFour } from '../../../domain/entities/notification.ts';

/** Returns the account, with dots before it if only its last characters are shown: 07e7 alone would be read as 70000000. */
export function shownAccount(account: string): string {
  return account !== '' && account === lastFour(account) ? `...${account}` : account;
}
