import type { Context } from 'hono';
import type { Bank } from '../../application/bank.ts';
import type { Clock } from '../../application/ports/runtime.ts';
import type { LiveFigures } from '../../application/ports/live-figures.ts';
import type { PageEdge, SignedInPageEnv } from '../shared/page-edge.ts';

/** Makes and checks the tokens that forms carry against forgery from other sites. */
export interface FormTokens {
  /** Returns the token of a session's forms. */
  tokenOf(sessionId: string): string;
  isTokenOf(sessionId: string, token: string): boolean;
  /** Encrypts a text that a form hands from one page to the next, for some minutes. */
  seal(text: string): string;
  /** Returns a sealed text; undefined if it is too old or not genuine. */
  open(sealed: string): string | undefined;
}

export type ConsoleOptions = {
  readonly clock: Clock;
  readonly formTokens: FormTokens;
  /** Live figures for operators. Null: none are shown. */
  readonly figures?: LiveFigures | null;
  /** Counts the mails that wait to be sent, up to a number. Null: the count is not shown. */
  readonly mails?: { countWaiting(most: number): Promise<number> } | null;
  /** Whether people may take play money, as in development. Default: false. */
  readonly offersPlayMoney?: boolean;
};

export type ConsolePorts = Required<ConsoleOptions> & { readonly edge: PageEdge; readonly bank: Bank };

/** Context of a handler for signed-in people. */
export type PageContext = Context<SignedInPageEnv>;
