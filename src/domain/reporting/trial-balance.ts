import type { Account, SystemPurpose } from '../entities/account.ts';

/** The posted sums of one system account, or of all customers' accounts together, in minor units. */
export type TrialBalanceRow = {
  /** Null for the customers' row, like `purpose`. */
  readonly accountId: string | null;
  readonly purpose: SystemPurpose | null;
  /** Number of accounts in the row. */
  readonly accounts: number;
  readonly debits: bigint;
  readonly credits: bigint;
};

/** Trial balance of all accounts in one currency. In correct books, debits equal credits. */
export type TrialBalance = {
  readonly currency: string;
  readonly exponent: number;
  /** System accounts by id, then one row for the customers. */
  readonly rows: readonly TrialBalanceRow[];
  readonly debits: bigint;
  readonly credits: bigint;
  readonly isBalanced: boolean;
};

type Sums = Pick<TrialBalance, 'currency' | 'exponent'> & { readonly rows: Map<string, TrialBalanceRow> };

/** Key of the customers' row. Sorts after every id. */
const CUSTOMERS = '~';

/** Sums accounts one at a time. Holds only the rows in memory. */
export class TrialSums {
  readonly #currencies = new Map<string, Sums>();

  add({ id, purpose, currency, exponent, counters }: Account): void {
    const key = `${currency} ${exponent}`;
    const sums: Sums = this.#currencies.get(key) ?? { currency, exponent, rows: new Map() };
    this.#currencies.set(key, sums);
    const accountId = purpose === null ? null : id;
    const sofar = sums.rows.get(accountId ?? CUSTOMERS);
    sums.rows.set(accountId ?? CUSTOMERS, {
      accountId,
      purpose,
      accounts: (sofar?.accounts ?? 0) + 1,
      debits: (sofar?.debits ?? 0n) + counters.debitsPosted,
      credits: (sofar?.credits ?? 0n) + counters.creditsPosted,
    });
  }

  /** Returns the trial balances by currency. */
  balances(): readonly TrialBalance[] {
    return inOrder(this.#currencies).map(({ currency, exponent, rows: byId }) => {
      const rows = inOrder(byId);
      const debits = rows.reduce((sum, row) => sum + row.debits, 0n);
      const credits = rows.reduce((sum, row) => sum + row.credits, 0n);
      return { currency, exponent, rows, debits, credits, isBalanced: debits === credits };
    });
  }
}

/** Returns the values by key, in code-unit order. */
function inOrder<T>(byKey: ReadonlyMap<string, T>): readonly T[] {
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}
