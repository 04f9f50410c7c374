import type {
  Notification,
  SecurityNotification,
  WelcomeNotification,
} from '../../domain/entities/notification.ts';
import { addressOf } from './bank-pages.ts';
import type { BankPages } from './bank-pages.ts';
import { htmlOf } from './mail-html.ts';
import type { MailNames } from './mail-names.ts';
import { textOf } from './mail-text.ts';
import { longTime } from './mail-time.ts';
import { NOT_YOU } from './mail-words.ts';
import type { MailWords } from './mail-words.ts';
import { securityFacts, securityWords } from './security-words.ts';
import { digestWords, transferWords } from './transfer-words.ts';

export type MailContent = { readonly subject: string; readonly text: string; readonly html: string };

/** The bank as mails name it. `address` is its postal address, line by line. */
export type BankTerms = { readonly name: string; readonly address: readonly string[] };

type Terms = {
  readonly bank: BankTerms;
  readonly pages: BankPages;
  readonly timeZone: string;
  readonly names: MailNames;
  /** The recipient's name; null for a mailbox that may not be theirs. */
  readonly name: string | null;
};

/** Renders a mail in plain text and HTML. */
export async function renderMail(message: Notification, terms: Terms): Promise<MailContent> {
  const { bank, name } = terms;
  const words = wordsOf(message, terms);
  const frame = {
    bank: bank.name,
    address: bank.address,
    greeting: name === null ? ['Hello,'] : ['Hello ', { chosen: name }, ','],
    closing: `This mail was sent automatically, and nobody reads replies to it. ${bank.name} never asks for your password by mail.`,
  };
  return { subject: words.subject, text: textOf(words, frame), html: await htmlOf(words, frame) };
}

function wordsOf(message: Notification, { bank, ...terms }: Terms): MailWords {
  if (message.kind === 'welcome') return welcomeWords(message, { ...terms, bank: bank.name });
  if (message.kind === 'security') return wordsOfNotice(message, terms);
  if (message.kind === 'digest') return digestWords(message, { ...terms, bank: bank.name });
  return transferWords(message, { ...terms, bank: bank.name });
}

/** A stranger may have registered the address: the mail repeats nothing that they entered. */
function welcomeWords(
  { at, linkId }: WelcomeNotification,
  { bank, pages, timeZone }: Pick<Terms, 'pages' | 'timeZone'> & { bank: string },
): MailWords {
  const lead = 'You are registered. Open an account to send and receive money.';
  const words = {
    subject: `Welcome to ${bank}`,
    preview: lead,
    title: `Welcome to ${bank}`,
    lead,
    facts: [['Registered', [longTime(at, timeZone)]]] as const,
  };
  if (linkId === undefined) return words;
  return {
    ...words,
    lead: `${lead} Please confirm that this e-mail address is yours within 24 hours.`,
    action: { label: 'Confirm this address', url: addressOf(pages, 'verifyEmail', linkId) },
    advice: {
      title: NOT_YOU,
      steps: [{ text: 'Ignore this mail, and leave its link alone.' }],
    },
  };
}

function wordsOfNotice(
  message: SecurityNotification,
  { pages, timeZone, name }: Pick<Terms, 'pages' | 'timeZone' | 'name'>,
): MailWords {
  const { subject, lead, link, advice } = securityWords[message.notice];
  // A mailbox that may be a stranger's gets no name, not even that of a key
  const { name: _chosen, ...known } = message.details;
  const details = name === null ? known : message.details;
  return {
    subject,
    preview: lead,
    title: subject,
    lead,
    facts: [['When', [longTime(message.at, timeZone)]], ...securityFacts({ ...message, details })],
    ...(link && message.linkId !== null
      ? { action: { label: link[0], url: addressOf(pages, link[1], message.linkId) } }
      : {}),
    advice: {
      title: advice.title,
      steps: advice.steps.map(({ text, page }) => ({
        text,
        ...(page === undefined ? {} : { url: addressOf(pages, page) }),
      })),
    },
  };
}
