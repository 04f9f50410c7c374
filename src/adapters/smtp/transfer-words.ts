import type {
  DigestMessage,
  DigestTotal,
  NotifiedBalance,
  TransferNotification,
} from '../../domain/entities/notification.ts';
import { formatAccountNumber } from '../../domain/entities/account-number.ts';
import { lastFour } from '../../domain/entities/notification.ts';
import { formatAmount } from '../../domain/money/money.ts';
import { addressOf } from './bank-pages.ts';
import type { BankPages } from './bank-pages.ts';
import { payeeIdOf } from './mail-names.ts';
import type { MailNames, ShownAccount } from './mail-names.ts';
import { plain } from './mail-text.ts';
import { longTime, shortTime } from './mail-time.ts';
import { NOT_EXPECTED, NOT_YOU } from './mail-words.ts';
import type { Advice, BalanceWords, MailFact, Inline, MailWords } from './mail-words.ts';
import { RESET_STEP } from './security-words.ts';

type Terms = {
  /** The bank's name. */
  readonly bank: string;
  readonly pages: BankPages;
  readonly timeZone: string;
  readonly names: MailNames;
};

type Kind = TransferNotification['kind'];

/** Words of a mail about one transfer. Its subject and preview hold no text that another person chose. */
export function transferWords(message: TransferNotification, terms: Terms): MailWords {
  const { timeZone } = terms;
  const { description, reference, expiresAt, transferId, reverses, balances } = message;
  const amount = amountText(message, message.amount);
  const parties = partiesOf(message, terms);
  const shown = balances.map((balance) => balanceWords(message, balance, terms));
  return {
    ...openingOf(message, { bank: terms.bank, amount }),
    preview: shown.map(({ label, figure }) => `${plain(label)}: ${figure}.`).join(' '),
    figure: amount,
    who: parties.who,
    ...(description === null ? {} : { why: [{ chosen: description }] }),
    balances: shown,
    facts: [
      ...parties.facts,
      ...(reference === undefined ? [] : [['Reference', [{ chosen: reference }]] as const]),
      ['When', [longTime(message.at, timeZone)]],
      ...(expiresAt === null ? [] : [['Held until', [longTime(expiresAt, timeZone)]] as const]),
    ],
    advice: adviceFor(message, terms),
    transaction: reverses === null ? transferId : `${transferId}, which reverses ${reverses}`,
  };
}

function openingOf(
  { kind, reverses }: TransferNotification,
  { bank, amount }: { bank: string; amount: string },
): Pick<MailWords, 'subject' | 'title' | 'lead'> {
  switch (kind) {
    case 'transfer_sent':
      if (reverses === null) return { subject: `You sent ${amount}`, title: 'You sent' };
      return {
        subject: `${amount} was returned`,
        title: 'Returned',
        lead: 'A payment to you was reversed, and the money went back.',
      };
    case 'transfer_received':
      if (reverses === null) return { subject: `You received ${amount}`, title: 'You received' };
      return {
        subject: `${amount} was returned to you`,
        title: 'Returned to you',
        lead: 'A payment of yours was reversed, and the money came back.',
      };
    case 'transfer_between_own_accounts':
      return { subject: `You moved ${amount}`, title: 'You moved' };
    case 'initial_funds_received':
      return { subject: `${bank} credited you ${amount}`, title: `${bank} credited you` };
    case 'withdrawal_made':
      return { subject: `${bank} paid out ${amount}`, title: `${bank} paid out` };
    case 'hold_placed':
      return {
        subject: `${amount} is held in your account`,
        title: 'Held in your account',
        lead: 'The payee can take the money until the hold ends. Otherwise you can use it again.',
      };
    case 'hold_received':
      return {
        subject: `${amount} is held for you`,
        title: 'Held for you',
        lead: 'The money is yours once you capture it. It goes back if you do not.',
      };
    default:
      return kind satisfies never;
  }
}

type Parties = { readonly who: Inline; readonly facts: readonly MailFact[] };

/** The other side as the recipient may see it, and the recipient's own accounts. */
function partiesOf(message: TransferNotification, { bank, names }: Pick<Terms, 'bank' | 'names'>): Parties {
  const own = message.balances.map(({ accountId }) => ownAccount(accountId, names));
  const ownFact: MailFact = [own.length === 1 ? 'Your account' : 'Your accounts', joined(own)];
  const { kind } = message;
  switch (kind) {
    case 'transfer_sent':
    case 'transfer_received':
    case 'hold_placed':
    case 'hold_received': {
      const other = otherSide(message, { bank, names });
      const account: readonly MailFact[] = other.account === null ? [] : [['Their account', other.account]];
      return { who: [`${TOWARDS[kind]} `, ...other.name], facts: [...account, ownFact] };
    }
    case 'transfer_between_own_accounts': {
      const [from, to, ...more] = own;
      if (!from || !to || more.length > 0) return { who: ['between your accounts'], facts: [ownFact] };
      return { who: ['from ', ...from, ' to ', ...to], facts: [] };
    }
    case 'initial_funds_received':
      return { who: ['to ', ...joined(own)], facts: [] };
    case 'withdrawal_made':
      return { who: ['from ', ...joined(own)], facts: [] };
    default:
      return kind satisfies never;
  }
}

const TOWARDS = { transfer_sent: 'to', transfer_received: 'from', hold_placed: 'for', hold_received: 'from' };

/** Without a name, the account stands in its place. */
function otherSide(
  message: TransferNotification,
  { bank, names }: Pick<Terms, 'bank' | 'names'>,
): { name: Inline; account: Inline | null } {
  const { counterparty, moreCounterparties: more } = message;
  const payee = names.payees.get(payeeIdOf(message) ?? '');
  const name = payee?.name ?? counterparty.name;
  const account = accountText(counterparty.account, payee);
  const andMore = more === undefined ? [] : [` and ${more} more`];
  if (name !== null) return { name: [{ chosen: name }, ...andMore], account };
  const instead =
    account === null ? [bank] : isEnding(counterparty.account) ? ['account ', ...account] : account;
  return { name: [...instead, ...andMore], account: null };
}

function accountText(account: string | null, payee: ShownAccount | undefined): Inline | null {
  if (account === null) return null;
  if (isEnding(account)) return [`ending in ${account}`];
  return [payee?.number ? formatAccountNumber(payee.number) : account];
}

function isEnding(account: string | null): boolean {
  return account !== null && account === lastFour(account);
}

/** An own account by its name and the end of its number, such as "Everyday ··7034". */
function ownAccount(accountId: string, { own }: MailNames): Inline {
  const { name = null, number = null } = own.get(accountId) ?? {};
  return [name === null ? 'Account' : { chosen: name }, ' ', { ending: lastFour(number ?? accountId) }];
}

function joined(accounts: readonly Inline[]): Inline {
  return accounts.flatMap((account, index) => (index === 0 ? account : [', ', ...account]));
}

function balanceWords(
  message: TransferNotification,
  { accountId, balance, held }: NotifiedBalance,
  { names }: Pick<Terms, 'names'>,
): BalanceWords {
  const account = ownAccount(accountId, names);
  if (held === undefined) {
    return { label: ['Balance of ', ...account], figure: amountText(message, balance), note: null };
  }
  const note = `${amountText(message, held)} is held; the balance is ${amountText(message, balance)}.`;
  return {
    label: ['Available in ', ...account],
    figure: amountText(message, balance - held),
    note: held === 0n ? null : note,
  };
}

function adviceFor({ kind, reverses }: TransferNotification, { bank, pages }: Terms): Advice {
  const tell = { text: `Tell ${bank}, and name the transaction below.` };
  switch (kind) {
    case 'transfer_sent':
      if (reverses !== null) return { title: NOT_EXPECTED, steps: [tell] };
      return notYou(pages, bank);
    case 'transfer_between_own_accounts':
    case 'hold_placed':
      return notYou(pages, bank);
    case 'withdrawal_made':
      return { title: NOT_YOU, steps: [tell] };
    case 'transfer_received':
    case 'hold_received':
    case 'initial_funds_received':
      return {
        title: NOT_EXPECTED,
        steps: [{ text: 'Send nothing back, even if somebody asks for it.' }, tell],
      };
    default:
      return kind satisfies never;
  }
}

function notYou(pages: BankPages, bank: string): Advice {
  return {
    title: NOT_YOU,
    steps: [
      { text: RESET_STEP.text, url: addressOf(pages, RESET_STEP.page) },
      { text: `Tell ${bank} which transaction was not yours.` },
    ],
  };
}

/** Words of the mail that stands for many. */
export function digestWords(message: DigestMessage, terms: Terms): MailWords {
  const { at, listed, totals } = message;
  const { bank, pages, timeZone } = terms;
  const count = totals.reduce((sum, total) => sum + total.count, 0);
  const lead =
    `You had these in the hour until ${longTime(at, timeZone)}. ` +
    'The first ones of the hour had mails of their own.';
  return {
    subject: `Summary of ${countText(count)}`,
    preview: lead,
    title: 'Summary of',
    figure: countText(count),
    lead: count > listed.length ? `${lead} The next ${listed.length} are listed here.` : lead,
    facts: totals.map((total) => [labelOf(total.kind, bank), [totalText(total)]] as const),
    rows: listed.map((one) => ({
      what: [`${labelOf(one.kind, bank)} `, ...partiesOf(one, terms).who],
      amount: amountText(one, one.amount),
      when: shortTime(one.at, timeZone),
    })),
    advice: notYou(pages, bank),
  };
}

function labelOf(kind: Kind, bank: string): string {
  switch (kind) {
    case 'transfer_sent':
      return 'Sent';
    case 'transfer_received':
      return 'Received';
    case 'transfer_between_own_accounts':
      return 'Moved';
    case 'initial_funds_received':
      return `Credited by ${bank}`;
    case 'withdrawal_made':
      return `Paid out by ${bank}`;
    case 'hold_placed':
      return 'Held in your account';
    case 'hold_received':
      return 'Held for you';
    default:
      return kind satisfies never;
  }
}

function totalText({ count, amount, currency, exponent }: DigestTotal): string {
  return `${formatAmount(amount, currency, exponent)} in ${countText(count)}`;
}

function countText(count: number): string {
  return count === 1 ? '1 transaction' : `${count.toLocaleString('en')} transactions`;
}

function amountText({ currency, exponent }: TransferNotification, amountMinor: bigint): string {
  return formatAmount(amountMinor, currency, exponent);
}
