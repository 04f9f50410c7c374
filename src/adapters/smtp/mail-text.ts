import type { Advice, BalanceWords, Frame, Inline, MailWords, RowWords } from './mail-words.ts';

/** Letters that run right to left, and controls that turn the direction. */
const TURNS =
  /[\u0590-\u08FF\u200E\u200F\u202A-\u202E\u2066-\u2069\uFB1D-\uFDFF\uFE70-\uFEFC\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]/u;
/** Would end the isolation of a text too early, or begin another. */
const ISOLATES = /[\u2066-\u2069]/g;

export function textOf(words: MailWords, { bank, address, greeting, closing }: Frame): string {
  const { subject, who, why, lead, action, balances, facts, rows, advice, transaction } = words;
  const headline = who ? `${subject} ${plain(who)}` : subject;
  return [
    plain(greeting),
    why ? `${headline}\n${plain(why)}` : headline,
    lead,
    action && `${action.label}:\n${action.url}`,
    balances?.map(balanceText).join('\n'),
    facts.map(([label, value]) => `${label}: ${plain(value)}`).join('\n'),
    rows?.map(rowText).join('\n'),
    advice && adviceText(advice),
    transaction && `Transaction ${transaction}`,
    [bank, ...address].join('\n'),
    closing,
  ]
    .filter(Boolean)
    .join('\n\n')
    .concat('\n');
}

/** A line as plain text. Unicode isolates keep a right-to-left name from reordering its neighbours (UAX 9). */
export function plain(line: Inline): string {
  return line
    .map((span) => {
      if (typeof span === 'string') return span;
      return 'chosen' in span ? isolated(span.chosen) : `··${span.ending}`;
    })
    .join('');
}

function isolated(text: string): string {
  return TURNS.test(text) ? `\u2068${text.replaceAll(ISOLATES, '')}\u2069` : text;
}

function balanceText({ label, figure, note }: BalanceWords): string {
  return [`${plain(label)}: ${figure}`, note].filter(Boolean).join('\n');
}

function rowText({ what, amount, when }: RowWords): string {
  return `${when}  ${plain(what)}: ${amount}`;
}

function adviceText({ title, steps }: Advice): string {
  const number = (index: number) => (steps.length > 1 ? `${index + 1}. ` : '');
  return [
    title,
    ...steps.map(({ text, url }, index) => `${number(index)}${text}${url === undefined ? '' : `\n${url}`}`),
  ].join('\n');
}
