import type { Instant } from '../time.ts';

type MessageFacts = {
  /** Unique for each event and recipient; a mail's Message-ID is made of it. */
  readonly id: string;
  readonly recipientId: string;
  readonly at: Instant;
};

export type WelcomeNotification = MessageFacts & { readonly kind: 'welcome' };

/** Tells an owner of a transfer, with their own balance after it. Amounts in minor units. */
export type TransferNotification = MessageFacts & {
  readonly kind:
    | 'transfer_sent'
    | 'transfer_received'
    | 'transfer_between_own_accounts'
    | 'initial_funds_received'
    | 'withdrawal_made'
    | 'hold_placed'
    | 'hold_received';
  /** What it reverses; null unless it is a reversal. */
  readonly reverses: string | null;
  /** Of a hold that is pending: when it ends by itself. */
  readonly expiresAt: Instant | null;
  readonly transferId: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly exponent: number;
  readonly description: string | null;
  /** What the recipient may know of the other side: the payee a name, the payer the account as typed. */
  readonly counterparty: { readonly name: string | null; readonly account: string | null };
  /** How many there are beside that one; left out where there are none. */
  readonly moreCounterparties?: number;
  readonly balances: readonly { readonly accountId: string; readonly balance: bigint }[];
};

export type DigestTotal = {
  readonly kind: TransferNotification['kind'];
  readonly currency: string;
  readonly exponent: number;
  readonly count: number;
  readonly amount: bigint;
};

/** Stands for the messages of an hour that were too many to be sent one by one. */
export type DigestMessage = MessageFacts & {
  readonly kind: 'digest';
  readonly since: Instant;
  /** The first of them, without their texts. */
  readonly listed: readonly TransferNotification[];
  /** Of all of them, by kind and currency. */
  readonly totals: readonly DigestTotal[];
};

/** A message about one transfer. */
export function isAboutTransfer(message: Notification): message is TransferNotification {
  return message.kind !== 'welcome' && message.kind !== 'digest';
}

/** A message to a user, written in the transaction of its event and sent after the commit. */
export type Notification = WelcomeNotification | TransferNotification | DigestMessage;

/** What a payee is shown of the payer's account. */
export function lastFour(accountId: string): string {
  return accountId.slice(-4);
}
