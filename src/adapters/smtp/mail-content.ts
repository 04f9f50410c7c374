import type {
  DigestMessage,
  DigestTotal,
  Notification,
  SecurityNotification,
  TransferNotification,
  WelcomeNotification,
} from '../../domain/entities/notification.ts';
import { addressOf } from './bank-pages.ts';
import type { BankPages } from './bank-pages.ts';
import { htmlOf, textOf } from './mail-layout.ts';
import type { Fact, Words } from './mail-layout.ts';
import { securityFacts, securityWords } from './security-words.ts';
import { formatAmount } from '../../domain/money/money.ts';
import type { Instant } from '../../domain/time.ts';

export type MailContent = { readonly subject: string; readonly text: string; readonly html: string };

type Terms = {
  /** The sender's name. */
  readonly bank: string;
  readonly pages: BankPages;
  readonly timeZone: string;
};

const LAST_FOUR = 4;

/** Renders a mail in plain text and HTML. `name` is the recipient's; null for a mailbox that may not be theirs. */
export async function renderMail(
  message: Notification,
  { name, ...terms }: Terms & { name: string | null },
): Promise<MailContent> {
  const words = wordsOf(message, terms);
  const frame = {
    bank: terms.bank,
    greeting: name === null ? 'Hello,' : `Hello ${name},`,
    closing: `This is an automated message from ${terms.bank}. Please do not reply.`,
  };
  return { subject: words.subject, text: textOf(words, frame), html: await htmlOf(words, frame) };
}

function wordsOf(message: Notification, terms: Terms): Words {
  if (message.kind === 'welcome') return welcomeWords(message, terms);
  if (message.kind === 'security') return wordsOfNotice(message, terms);
  if (message.kind === 'digest') return digestWords(message, terms);
  return transferWords(message, terms);
}

function welcomeWords({ at, linkId }: WelcomeNotification, { bank, pages, timeZone }: Terms): Words {
  const words = {
    subject: `Welcome to ${bank}`,
    lead: 'You are registered. Open an account to send and receive money.',
    facts: [['Registered', timeText(at, timeZone)]] as const,
  };
  if (linkId === undefined) return words;
  return {
    ...words,
    lead: `${words.lead} Please confirm that this e-mail address is yours within 24 hours.`,
    action: { label: 'Confirm this address', url: addressOf(pages, 'verifyEmail', linkId) },
    advice: { text: 'If you did not register, ignore this mail.' },
  };
}

function wordsOfNotice(message: SecurityNotification, { pages, timeZone }: Terms): Words {
  const { subject, lead, link, advice, isAboutReset } = securityWords[message.notice];
  return {
    subject,
    lead,
    facts: [['When', timeText(message.at, timeZone)], ...securityFacts(message)],
    ...(link && message.linkId !== null
      ? { action: { label: link[0], url: addressOf(pages, link[1], message.linkId) } }
      : {}),
    advice: { text: advice, ...(isAboutReset ? { url: addressOf(pages, 'forgotPassword') } : {}) },
  };
}

function transferWords(message: TransferNotification, { bank, timeZone }: Terms): Words {
  const amount = amountText(message, message.amount);
  const facts = factsOf(message, { bank, timeZone });
  // Subjects contain no text that another user chose
  switch (message.kind) {
    case 'transfer_sent':
      return { subject: `You sent ${amount}`, lead: `You sent ${amount}.`, facts };
    case 'transfer_received':
      return { subject: `You received ${amount}`, lead: `You received ${amount}.`, facts };
    case 'transfer_between_own_accounts':
      return {
        subject: `You moved ${amount}`,
        lead: `You moved ${amount} from one of your accounts to another.`,
        facts,
      };
    case 'initial_funds_received':
      return {
        subject: `${bank} credited you ${amount}`,
        lead: `${bank} credited your account with ${amount}.`,
        facts,
      };
    case 'withdrawal_made':
      return {
        subject: `${bank} paid out ${amount}`,
        lead: `${bank} paid ${amount} out of your account.`,
        facts,
      };
    case 'hold_placed':
      return {
        subject: `${amount} of yours is reserved`,
        lead: `${amount} is reserved in your account until the payee takes it, or until it expires.`,
        facts,
      };
    case 'hold_received':
      return {
        subject: `${amount} is reserved for you`,
        lead: `${amount} is reserved for you. It is yours once you capture it; it is released if you do not.`,
        facts,
      };
    default:
      return message.kind satisfies never;
  }
}

function digestWords({ since, at, listed, totals }: DigestMessage, { bank, timeZone }: Terms): Words {
  const count = totals.reduce((sum, total) => sum + total.count, 0);
  const unlisted = count - listed.length;
  return {
    subject: `Summary of ${countText(count)}`,
    lead:
      `You had ${countText(count)} between ${timeText(since, timeZone)} and ${timeText(at, timeZone)}, besides those you were ` +
      'already mailed about. This summary replaces a separate mail for each.',
    facts: [
      ...totals.map((total) => [labelOf(total.kind, bank), totalText(total)] as const),
      ...listed.map((message) => [timeText(message.at, timeZone), listedText(message, bank)] as const),
      ...(unlisted > 0 ? [['Not listed here', countText(unlisted)] as const] : []),
    ],
  };
}

function listedText(message: TransferNotification, bank: string): string {
  const parties = partiesOf(message, bank).map(([label, value]) => `${label.toLowerCase()} ${value}`);
  const amount = amountText(message, message.amount);
  return `${labelOf(message.kind, bank)} ${amount} ${parties.join(' ')}, transaction ${message.transferId}`;
}

function labelOf(kind: TransferNotification['kind'], bank: string): string {
  switch (kind) {
    case 'transfer_sent':
      return 'Sent';
    case 'transfer_received':
      return 'Received';
    case 'transfer_between_own_accounts':
      return 'Moved between your accounts';
    case 'initial_funds_received':
      return `Credited by ${bank}`;
    case 'withdrawal_made':
      return `Paid out by ${bank}`;
    case 'hold_placed':
      return 'Reserved in your account';
    case 'hold_received':
      return 'Reserved for you';
    default:
      return kind satisfies never;
  }
}

function totalText({ count, amount, currency, exponent }: DigestTotal): string {
  return `${formatAmount(amount, currency, exponent)} in ${countText(count)}`;
}

function countText(count: number): string {
  return count === 1 ? '1 transaction' : `${count} transactions`;
}

function factsOf(
  message: TransferNotification,
  { bank, timeZone }: { bank: string; timeZone: string },
): readonly Fact[] {
  const { description, balances, expiresAt, reverses } = message;
  return [
    ...partiesOf(message, bank),
    ...(description === null ? [] : [['Description', description] as const]),
    ['When', timeText(message.at, timeZone)],
    ...(expiresAt === null ? [] : [['Expires', timeText(expiresAt, timeZone)] as const]),
    ['Transaction', message.transferId],
    ...(reverses === null ? [] : [['Reverses', reverses] as const]),
    ...balances.map(
      ({ accountId, balance }) => [`Balance of ${accountId} after it`, amountText(message, balance)] as const,
    ),
  ];
}

/**
 * The recipient's own accounts in full, and the other side as far as the message shows it: the account as the
 * recipient typed it, or its last characters.
 */
function partiesOf(message: TransferNotification, bank: string): readonly Fact[] {
  const { kind, counterparty, moreCounterparties, balances } = message;
  const accounts = balances.map(({ accountId }) => accountId);
  const [first = '', second] = accounts;
  // Several if the transfer debits or credits more than one of the recipient's accounts
  const own = accounts.join(', ');
  const known = [counterparty.name, accountText(counterparty.account)].filter(Boolean).join(', ') || bank;
  const other = moreCounterparties ? `${known}, and ${moreCounterparties} more` : known;
  switch (kind) {
    case 'transfer_sent':
    case 'hold_placed':
      return [
        ['From', own],
        ['To', other],
      ];
    case 'transfer_between_own_accounts':
      if (accounts.length > 2) return [['Accounts', own]];
      return [
        ['From', first],
        ['To', second ?? other],
      ];
    case 'transfer_received':
    case 'hold_received':
      return [
        ['From', other],
        ['To', own],
      ];
    case 'initial_funds_received':
      return [['To', first]];
    case 'withdrawal_made':
      return [['From', first]];
    default:
      return kind satisfies never;
  }
}

function accountText(account: string | null): string | null {
  return account !== null && account.length <= LAST_FOUR ? `account ending in ${account}` : account;
}

function amountText({ currency, exponent }: TransferNotification, amountMinor: bigint): string {
  return formatAmount(amountMinor, currency, exponent);
}

/** An instant in the reader's time zone, such as "2026-01-15 11:00 CET". */
function timeText(at: Instant, timeZone: string): string {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
  });
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  const { year, month, day, hour, minute, timeZoneName } = parts;
  return `${year}-${month}-${day} ${hour}:${minute} ${timeZoneName}`;
}
