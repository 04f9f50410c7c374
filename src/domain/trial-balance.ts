import type { Account, Counters, SystemPurpose } from './account.ts';

/** The posted sums of one system account, or of all customers' accounts together, in minor units. */
export type TrialBalanceRow = {
  /** Null for the customers', as is `purpose`. */
  readonly accountId: string | null;
  readonly purpose: SystemPurpose | null;
  /** How many accounts. */
  readonly accounts: number;
  readonly debits: bigint;
  readonly credits: bigint;
};

/** All accounts of one currency. Their debits are equal to their credits, or the books are wrong. */
export type TrialBalance = {
  readonly currency: string;
  readonly exponent: number;
  /** The system's accounts by id, then the customers'. */
  readonly rows: readonly TrialBalanceRow[];
  readonly debits: bigint;
  readonly credits: bigint;
  readonly isBalanced: boolean;
};

type Sums = Omit<TrialBalanceRow, 'debits' | 'credits'> &
  Pick<Counters, 'debitsPosted' | 'creditsPosted'> & {
    readonly currency: string;
    readonly exponent: number;
  };

/** By currency. What is of one account, or of the customers of one currency, may come in several parts. */
export function trialBalances(parts: readonly Sums[]): readonly TrialBalance[] {
  const currencies = new Map<string, Sums[]>();
  for (const part of parts) {
    const key = `${part.currency} ${part.exponent}`;
    currencies.set(key, [...(currencies.get(key) ?? []), part]);
  }
  return [...currencies.keys()].toSorted().map((key) => trialBalanceOf(currencies.get(key) ?? []));
}

/** One account's share. */
export function sumsOf({ id, purpose, currency, exponent, counters }: Account): Sums {
  const { debitsPosted, creditsPosted } = counters;
  const accountId = purpose === null ? null : id;
  return { accountId, purpose, accounts: 1, currency, exponent, debitsPosted, creditsPosted };
}

function trialBalanceOf(parts: readonly Sums[]): TrialBalance {
  const rows = new Map<string, TrialBalanceRow>();
  for (const { accountId, purpose, accounts, debitsPosted, creditsPosted } of parts) {
    // Behind every id
    const key = accountId ?? '~';
    const sofar = rows.get(key);
    rows.set(key, {
      accountId,
      purpose,
      accounts: (sofar?.accounts ?? 0) + accounts,
      debits: (sofar?.debits ?? 0n) + debitsPosted,
      credits: (sofar?.credits ?? 0n) + creditsPosted,
    });
  }
  const inOrder = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  const debits = inOrder.reduce((sum, row) => sum + row.debits, 0n);
  const credits = inOrder.reduce((sum, row) => sum + row.credits, 0n);
  const { currency = '', exponent = 0 } = parts[0] ?? {};
  return { currency, exponent, rows: inOrder, debits, credits, isBalanced: debits === credits };
}
