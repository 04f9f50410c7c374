import type { Origin } from './security-event.ts';
import type { Instant } from '../time.ts';

type MessageFacts = {
  /** Id unique to event and recipient. The mail's Message-ID derives from it. */
  readonly id: string;
  readonly recipientId: string;
  readonly at: Instant;
};

export type WelcomeNotification = MessageFacts & {
  readonly kind: 'welcome';
  /** Id of the credential that the link in the mail proves; absent if there is no link. */
  readonly linkId?: string;
};

export type SecurityNotice =
  | 'verify_email'
  | 'reset_password'
  | 'confirm_new_email'
  | 'email_changed'
  | 'password_changed'
  | 'new_sign_in'
  | 'refresh_token_reused'
  | 'totp_added'
  | 'totp_removed'
  | 'recovery_code_used'
  | 'recovery_codes_made'
  | 'passkey_added'
  | 'passkey_removed'
  | 'api_key_made'
  | 'role_granted'
  | 'user_locked'
  | 'user_erased';

/** Tells a person about their sign-ins and credentials, or brings them a link. */
export type SecurityNotification = MessageFacts &
  Origin & {
    readonly kind: 'security';
    readonly notice: SecurityNotice;
    /** Address to write to; null for the user's own. */
    readonly email: string | null;
    /** Id of the credential that the link in the mail proves; null if there is no link. */
    readonly linkId: string | null;
    readonly details: Readonly<Record<string, string>>;
  };

/** Notifies an owner of a transfer, with their own new balances. Amounts are in minor units. */
export type TransferNotification = MessageFacts & {
  readonly kind:
    | 'transfer_sent'
    | 'transfer_received'
    | 'transfer_between_own_accounts'
    | 'initial_funds_received'
    | 'withdrawal_made'
    | 'hold_placed'
    | 'hold_received';
  /** Id of the reversed transfer; null unless this is a reversal. */
  readonly reverses: string | null;
  /** Expiry of a pending hold; null for all others. */
  readonly expiresAt: Instant | null;
  readonly transferId: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly exponent: number;
  readonly description: string | null;
  /** Text that both sides see, such as the number of an invoice; absent if there is none. */
  readonly reference?: string;
  /** The other side, as far as the recipient may see it: a name for the payee, the typed account for the payer. */
  readonly counterparty: { readonly name: string | null; readonly account: string | null };
  /** Number of further counterparties; absent if there are none. */
  readonly moreCounterparties?: number;
  readonly balances: readonly NotifiedBalance[];
};

/** Balance of an own account just after the event, which the mail shows even if it is sent later. */
export type NotifiedBalance = {
  readonly accountId: string;
  readonly balance: bigint;
  /** Amount reserved to leave the account; absent in a message that an older version stored. */
  readonly held?: bigint;
};

export type DigestTotal = {
  readonly kind: TransferNotification['kind'];
  readonly currency: string;
  readonly exponent: number;
  readonly count: number;
  readonly amount: bigint;
};

/** Replaces the messages of an hour that exceeded the limit of single mails. */
export type DigestMessage = MessageFacts & {
  readonly kind: 'digest';
  readonly since: Instant;
  /** The first of the replaced messages, without their texts. */
  readonly listed: readonly TransferNotification[];
  /** Totals of all replaced messages, by kind and currency. */
  readonly totals: readonly DigestTotal[];
};

/** Returns whether the message is about one transfer. */
export function isAboutTransfer(message: Notification): message is TransferNotification {
  return message.kind !== 'welcome' && message.kind !== 'digest' && message.kind !== 'security';
}

/** Returns whether the message, or a mail that a digest lists, is about this transfer. */
export function isAbout(message: Notification, transferId: string): boolean {
  if (message.kind === 'digest') return message.listed.some((one) => one.transferId === transferId);
  return isAboutTransfer(message) && message.transferId === transferId;
}

/** A message to a user, written in the transaction of its event and sent after the commit. */
export type Notification = WelcomeNotification | SecurityNotification | TransferNotification | DigestMessage;

/** Returns the end of an account id, the only part that the other side may see. */
export function lastFour(accountId: string): string {
  return accountId.slice(-4);
}
