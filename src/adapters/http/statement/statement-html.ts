import { createHash } from 'node:crypto';
import { html, raw } from 'hono/html';
import type {
  OutstandingHold,
  Statement,
  StatementLine,
} from '../../../application/reporting/get-statement.ts';
import { groupedText } from '../../../domain/money/money.ts';
import type { Instant } from '../../../domain/time.ts';
import type { TransferKind } from '../../../domain/entities/transfer.ts';
import { STATEMENT_STYLE } from './statement-style.ts';
import type { StatementText } from './statement-text.ts';

const STYLE_HASH = createHash('sha256').update(STATEMENT_STYLE).digest('base64');

/** A page for screen and print, without scripts or external resources. */
export const htmlStatement: StatementText = {
  headers: {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy':
      `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; ` +
      `frame-ancestors 'none'`,
  },
  head: (statement) => textOf(pageHead(statement)),
  lines: (lines, { statement }) => lines.map((line) => textOf(lineRow(statement, line))).join(''),
  tail: (statement) => textOf(pageTail(statement)),
};

type Markup = ReturnType<typeof html>;

function textOf(markup: Markup): string {
  if (markup instanceof Promise) throw new TypeError('Nothing in a statement has to be waited for');
  return markup.toString();
}

function pageHead(statement: Statement): Markup {
  const { accountId, currency, opening, totalIn, totalOut, closing } = statement;
  const period = periodOf(statement);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Account statement, ${period}</title>
<style>${raw(STATEMENT_STYLE)}</style>
</head>
<body>
<main>
<header>
<h1>Account statement</h1>
<p class="period">${period}</p>
<dl class="facts">
<div><dt>Account</dt><dd>${accountId}</dd></div>
<div><dt>Currency</dt><dd>${currency}</dd></div>
<div><dt>Status</dt><dd>${statement.final ? 'Final' : 'Provisional'}</dd></div>
</dl>
</header>
<dl class="totals">
<div><dt>Opening balance</dt><dd>${amountText(statement, opening)}</dd></div>
<div><dt>Money in</dt><dd>${amountText(statement, totalIn)}</dd></div>
<div><dt>Money out</dt><dd>${amountText(statement, -totalOut)}</dd></div>
<div class="closing"><dt>Closing balance</dt><dd>${amountText(statement, closing)}</dd></div>
</dl>
<table>
<thead><tr><th scope="col">Date</th><th scope="col">Details</th><th scope="col" class="amount">Money out</th><th scope="col" class="amount">Money in</th><th scope="col" class="amount">Balance</th></tr></thead>
<tbody>
<tr class="edge"><td>${dayText(statement.from)}</td><td>Opening balance</td><td></td><td></td><td class="amount">${amountText(statement, opening)}</td></tr>
`;
}

function lineRow(statement: Statement, line: StatementLine): Markup {
  const amount = amountText(statement, line.amount);
  const [out, into] = line.flow === 'in' ? ['', amount] : [amount, ''];
  return html`<tr><td>${dayText(line.at)}<small>${timeText(line.at)}</small></td><td>${detailsOf(line)}</td><td class="amount">${out}</td><td class="amount">${into}</td><td class="amount">${amountText(statement, line.balance)}</td></tr>
`;
}

function pageTail(statement: Statement): Markup {
  const { closing, holds } = statement;
  return html`<tr class="edge"><td>${dayText(statement.to - 1)}</td><td>Closing balance</td><td></td><td></td><td class="amount">${amountText(statement, closing)}</td></tr>
</tbody>
</table>
${holds.length > 0 ? holdsTable(statement) : ''}<footer>
<p>Amounts in ${statement.currency}. Days and times in UTC.${statement.final ? '' : ' Provisional: payments under way at the end of the period may still be added.'}</p>
</footer>
</main>
</body>
</html>
`;
}

function holdsTable(statement: Statement): Markup {
  const { held, available, holds } = statement;
  return html`<section>
<h2>Reserved when the period ended</h2>
<table>
<thead><tr><th scope="col">Since</th><th scope="col">Details</th><th scope="col">Until</th><th scope="col" class="amount">Reserved</th></tr></thead>
<tbody>
${holds.map((hold) => holdRow(statement, hold))}<tr class="edge"><td></td><td>Reserved in all</td><td></td><td class="amount">${amountText(statement, held)}</td></tr>
<tr class="edge"><td></td><td>Available of the closing balance</td><td></td><td class="amount">${amountText(statement, available)}</td></tr>
</tbody>
</table>
</section>
`;
}

function holdRow(statement: Statement, hold: OutstandingHold): Markup {
  return html`<tr><td>${dayText(hold.placedAt)}<small>${timeText(hold.placedAt)}</small></td><td>${detailsOf({ ...hold, kind: 'transfer', flow: 'out' })}</td><td>${dayText(hold.expiresAt)}<small>${timeText(hold.expiresAt)}</small></td><td class="amount">${amountText(statement, hold.amount)}</td></tr>
`;
}

const KIND_TEXT: Readonly<Record<TransferKind, string>> = {
  transfer: 'Transfer',
  initial_funds: 'Initial funds',
  withdrawal: 'Withdrawal',
  reversal: 'Reversal',
};

/** Counterparty and description, the first of them as title, then the account and the transfer's id. */
function detailsOf(
  line: Pick<StatementLine, 'counterparty' | 'description' | 'kind' | 'flow' | 'transferId'>,
): Markup {
  const { counterparty, description } = line;
  const kind = KIND_TEXT[line.kind];
  const known = [counterparty?.name ?? null, description].filter((text) => text !== null);
  const said = line.kind === 'transfer' && known.length > 0 ? known : [kind, ...known];
  const [title, ...rest] = said;
  return html`<b>${title}</b>${rest.map((text) => html`<span>${text}</span>`)}${counterparty ? html`<small>${accountText(line)}</small>` : ''}<small class="reference">${line.transferId}</small>`;
}

function accountText({ counterparty, flow }: Pick<StatementLine, 'counterparty' | 'flow'>): string {
  const { account = '', more = 0 } = counterparty ?? {};
  const whole = account.length > 4 ? account : `ending in ${account}`;
  return `${flow === 'in' ? 'From' : 'To'} account ${whole}${more > 0 ? ` and ${more} more` : ''}`;
}

function amountText({ exponent }: Statement, minor: bigint): string {
  return groupedText(minor, exponent);
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;
const DAY_MS = 86_400_000;

/** The period, by its first and last day if it covers whole days. */
function periodOf({ from, to }: Statement): string {
  if (from % DAY_MS === 0 && to % DAY_MS === 0 && from < to) return `${dayText(from)} to ${dayText(to - 1)}`;
  return `${dayText(from)}, ${timeText(from)} to ${dayText(to)}, ${timeText(to)}`;
}

/** The day, written without Intl so that a statement does not depend on the machine's locale data. */
function dayText(at: Instant): string {
  const date = new Date(at);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()] ?? ''} ${date.getUTCFullYear()}`;
}

function timeText(at: Instant): string {
  return new Date(at).toISOString().slice(11, 19);
}
