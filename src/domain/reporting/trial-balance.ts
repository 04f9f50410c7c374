import type { Account, SystemPurpose } from '../entities/account.ts';

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

type Sums = Pick<TrialBalance, 'currency' | 'exponent'> & { readonly rows: Map<string, TrialBalanceRow> };

/** Behind every id. */
const CUSTOMERS = '~';

/** Adds accounts up one at a time: however many there are, it holds the rows alone. */
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

  /** By currency. */
  balances(): readonly TrialBalance[] {
    return inOrder(this.#currencies).map(({ currency, exponent, rows: byId }) => {
      const rows = inOrder(byId);
      const debits = rows.reduce((sum, row) => sum + row.debits, 0n);
      const credits = rows.reduce((sum, row) => sum + row.credits, 0n);
      return { currency, exponent, rows, debits, credits, isBalanced: debits === credits };
    });
  }
}

/** By key, in the order of code units. */
function inOrder<T>(byKey: ReadonlyMap<string, T>): readonly T[] {
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}
