import { html } from 'hono/html';
import type { Message, TransferMessage } from '../../domain/message.ts';
import { formatAmount } from '../../domain/money.ts';
import type { Instant } from '../../domain/time.ts';

export type MailContent = { readonly subject: string; readonly text: string; readonly html: string };

/** What a mail says, before it is text or HTML: both are made of it, so that they say the same. */
type Words = { readonly subject: string; readonly lead: string; readonly facts: readonly Fact[] };
type Fact = readonly [label: string, value: string];

/** A mail in plain text and in HTML; `bank` is the sender's name, `name` the recipient's. */
export async function renderMail(
  message: Message,
  { bank, name }: { bank: string; name: string },
): Promise<MailContent> {
  const words = wordsOf(message, bank);
  const greeting = `Hello ${name},`;
  const closing = `${bank} sent this mail by itself. Nobody reads replies to it.`;
  return {
    subject: words.subject,
    text: textOf(words, { greeting, closing }),
    html: await htmlOf(words, { greeting, closing }),
  };
}

function wordsOf(message: Message, bank: string): Words {
  if (message.kind === 'welcome') {
    return {
      subject: `Welcome to ${bank}`,
      lead: 'You are registered. Open an account to send and receive money.',
      facts: [['Registered', timeText(message.at)]],
    };
  }

  const amount = amountText(message, message.amount);
  const facts = factsOf(message, bank);
  // No subject holds words that somebody else has chosen
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
    default:
      return message satisfies never;
  }
}

function factsOf(message: TransferMessage, bank: string): readonly Fact[] {
  const { description, balances } = message;
  return [
    ...partiesOf(message, bank),
    ...(description === null ? [] : [['Description', description] as const]),
    ['When', timeText(message.at)],
    ['Transaction', message.transferId],
    ...balances.map(
      ({ accountId, balance }) => [`Balance of ${accountId} after it`, amountText(message, balance)] as const,
    ),
  ];
}

/** One's own accounts in full. Of the payer a payee learns the name and the last four characters. */
function partiesOf({ kind, counterparty, balances }: TransferMessage, bank: string): readonly Fact[] {
  const own = balances.map(({ accountId }) => accountId);
  switch (kind) {
    case 'transfer_sent':
    case 'transfer_between_own_accounts':
      return [
        ['From', own[0] ?? ''],
        ['To', counterparty.account ?? bank],
      ];
    case 'transfer_received': {
      const account = counterparty.account === null ? [] : [`account ending in ${counterparty.account}`];
      const known = [...(counterparty.name === null ? [] : [counterparty.name]), ...account];
      return [
        ['From', known.join(', ') || bank],
        ['To', own[0] ?? ''],
      ];
    }
    case 'initial_funds_received':
      return [['To', own[0] ?? '']];
    default:
      return kind satisfies never;
  }
}

function amountText({ currency, exponent }: TransferMessage, amountMinor: bigint): string {
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
