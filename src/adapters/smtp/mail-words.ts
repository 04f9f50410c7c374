/** A piece of a line. A person chose a `chosen` one, which may run right to left. An `ending` closes a number. */
type Span = string | { readonly chosen: string } | { readonly ending: string };
export type Inline = readonly Span[];

export type MailFact = readonly [label: string, value: Inline];

/** An own account just after the event. */
export type BalanceWords = {
  /** Names the figure and the account. */
  readonly label: Inline;
  readonly figure: string;
  /** How the figure differs from the balance; null if it does not. */
  readonly note: string | null;
};

/** One of many transactions in a mail. */
export type RowWords = { readonly what: Inline; readonly amount: string; readonly when: string };

/** Titles of advice. */
export const NOT_YOU = 'Not you? Do this.';
export const NOT_EXPECTED = 'Not expected? Do this.';

export type Advice = {
  readonly title: string;
  /** Steps in order, some with an address that the reader needs. */
  readonly steps: readonly { readonly text: string; readonly url?: string }[];
};

/** The content from which both the text and the HTML are made, so that they agree. */
export type MailWords = {
  readonly subject: string;
  /** Follows the subject in a list of mails. Holds no text that another person chose. */
  readonly preview: string;
  readonly title: string;
  /** The largest thing in the mail. */
  readonly figure?: string;
  /** The other side, in the words that follow the figure. */
  readonly who?: Inline;
  readonly why?: Inline;
  readonly lead?: string;
  /** A link that the reader is asked to open. */
  readonly action?: { readonly label: string; readonly url: string };
  readonly balances?: readonly BalanceWords[];
  readonly facts: readonly MailFact[];
  readonly rows?: readonly RowWords[];
  readonly advice?: Advice;
  /** Id that support asks for. */
  readonly transaction?: string;
};

/** Parts of every mail, around its words. */
export type Frame = {
  readonly bank: string;
  /** Postal address of the bank, line by line. */
  readonly address: readonly string[];
  readonly greeting: Inline;
  readonly closing: string;
};
