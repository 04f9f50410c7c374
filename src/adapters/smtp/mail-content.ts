import { html } from 'hono/html';
import type {
  DigestMessage,
  DigestTotal,
  Notification,
  TransferNotification,
} from '../../domain/entities/notification.ts';
import { securityWords } from './security-words.ts';
import { formatAmount } from '../../domain/money/money.ts';
import type { Instant } from '../../domain/time.ts';

export type MailContent = { readonly subject: string; readonly text: string; readonly html: string };

/** The content from which both the text and the HTML are made, so that they agree. */
type Words = { readonly subject: string; readonly lead: string; readonly facts: readonly Fact[] };
type Fact = readonly [label: string, value: string];

const LAST_FOUR = 4;

/** Renders a mail in plain text and HTML. `bank` is the sender's name, `name` the recipient's. */
export async function renderMail(
  message: Notification,
  { bank, name }: { bank: string; name: string },
): Promise<MailContent> {
  const words = wordsOf(message, bank);
  const greeting = `Hello ${name},`;
  const closing = `This is an automated message from ${bank}. Please do not reply.`;
  return {
    subject: words.subject,
    text: textOf(words, { greeting, closing }),
    html: await htmlOf(words, { greeting, closing }),
  };
}

function wordsOf(message: Notification, bank: string): Words {
  if (message.kind === 'welcome') {
    return {
      subject: `Welcome to ${bank}`,
      lead: 'You are registered. Open an account to send and receive money.',
      facts: [['Registered', timeText(message.at)]],
    };
  }

  if (message.kind === 'security') {
    return { ...securityWords[message.notice], facts: [['When', timeText(message.at)]] };
  }

  if (message.kind === 'digest') return digestWords(message, bank);
  return transferWords(message, bank);
}

function transferWords(message: TransferNotification, bank: string): Words {
  const amount = amountText(message, message.amount);
  const facts = factsOf(message, bank);
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

function digestWords({ since, at, listed, totals }: DigestMessage, bank: string): Words {
  const count = totals.reduce((sum, total) => sum + total.count, 0);
  const unlisted = count - listed.length;
  return {
    subject: `Summary of ${countText(count)}`,
    lead:
      `You had ${countText(count)} between ${timeText(since)} and ${timeText(at)}, besides those you were ` +
      'already mailed about. This summary replaces a separate mail for each.',
    facts: [
      ...totals.map((total) => [labelOf(total.kind, bank), totalText(total)] as const),
      ...listed.map((message) => [timeText(message.at), listedText(message, bank)] as const),
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

function factsOf(message: TransferNotification, bank: string): readonly Fact[] {
  const { description, balances, expiresAt, reverses } = message;
  return [
    ...partiesOf(message, bank),
    ...(description === null ? [] : [['Description', description] as const]),
    ['When', timeText(message.at)],
    ...(expiresAt === null ? [] : [['Expires', timeText(expiresAt)] as const]),
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

function timeText(at: Instant): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function textOf(
  { lead, facts }: Words,
  { greeting, closing }: { greeting: string; closing: string },
): string {
  const lines = facts.map(([label, value]) => `${label}: ${value}`);
  return [greeting, lead, lines.join('\n'), closing].join('\n\n').concat('\n');
}

async function htmlOf(
  { subject, lead, facts }: Words,
  { greeting, closing }: { greeting: string; closing: string },
): Promise<string> {
  const row = ([label, value]: Fact) =>
    html`<tr><th align="left" valign="top">${label}</th><td>${value}</td></tr>`;
  const page = await html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${subject}</title></head>
<body style="font-family: sans-serif">
<p>${greeting}</p>
<p>${lead}</p>
<table cellpadding="4">${facts.map(row)}</table>
<p><small>${closing}</small></p>
</body>
</html>
`;
  return page.toString();
}
