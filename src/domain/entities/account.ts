import type { RefusalCode } from '../errors.ts';
import { GENESIS_HASH } from './genesis-hash.ts';
import { MAX_COUNTER, currencyExponent, isWithinBound } from '../money/money.ts';
import type { Instant } from '../time.ts';
import { NOTHING_PENDING, NO_COUNTERS } from './counters.ts';
import type { Counters, PendingSums, Direction } from './counters.ts';
import type { LedgerEntry } from './ledger-entry.ts';

export type AccountClass = 'asset' | 'liability' | 'equity' | 'income' | 'expense';
export type AccountStatus = 'active' | 'frozen' | 'closed';

/** What a system account is for. There is one for each purpose and currency. */
export type SystemPurpose = 'funding' | 'settlement' | 'fees' | 'exchange' | 'suspense';

export type AccountState = {
  readonly id: string;
  /** Null for a system account, which has a purpose instead. */
  readonly ownerId: string | null;
  readonly purpose: SystemPurpose | null;
  /** The owner's own name for it; shown to nobody else. */
  readonly name: string | null;
  readonly currency: string;
  /** Decimals of the currency's minor unit, kept from opening. */
  readonly exponent: number;
  readonly class: AccountClass;
  readonly status: AccountStatus;
  /** Whether a frozen account refuses credits too. */
  readonly creditsFrozen: boolean;
  /** The least that may stay available; negative is an overdraft. Null: no limit but the bound of all balances. */
  readonly minimumBalance: bigint | null;
  readonly maximumBalance: bigint | null;
  readonly counters: Counters;
  /** The last entry's sequence, instant and hash; 0, opening and `GENESIS_HASH` before the first. */
  readonly sequence: number;
  readonly latestAt: Instant;
  readonly head: string;
  /** No pending hold on this account expires before it; null if there is none. */
  readonly nextExpiryAt: Instant | null;
  readonly createdAt: Instant;
};

const CLASS_OF_PURPOSE: Readonly<Record<SystemPurpose, AccountClass>> = {
  funding: 'asset',
  settlement: 'asset',
  fees: 'income',
  exchange: 'asset',
  suspense: 'liability',
};

export function classOfPurpose(purpose: SystemPurpose): AccountClass {
  return CLASS_OF_PURPOSE[purpose];
}

const PURPOSES = Object.keys(CLASS_OF_PURPOSE) as readonly SystemPurpose[];

/**
 * The fixed id of a system account, so that processes do not race to make it: a version 8 UUID (RFC 9562,
 * section 5.8) that spells the purpose's number and the currency's three letters.
 */
export function systemAccountId(purpose: SystemPurpose, currency: string): string {
  const letters = [...currency].map((letter) => letter.charCodeAt(0).toString(16).padStart(2, '0')).join('');
  const number = (PURPOSES.indexOf(purpose) + 1).toString(16).padStart(2, '0');
  return `00000000-0000-8000-8000-0000${number}${letters}`;
}

/** An account of one currency. Immutable: every change returns a new account. */
export class Account {
  readonly id: string;
  readonly ownerId: string | null;
  readonly purpose: SystemPurpose | null;
  readonly name: string | null;
  readonly currency: string;
  readonly exponent: number;
  readonly class: AccountClass;
  readonly status: AccountStatus;
  readonly creditsFrozen: boolean;
  readonly minimumBalance: bigint | null;
  readonly maximumBalance: bigint | null;
  readonly counters: Counters;
  readonly sequence: number;
  readonly latestAt: Instant;
  readonly head: string;
  readonly nextExpiryAt: Instant | null;
  readonly createdAt: Instant;

  private constructor(state: AccountState) {
    this.id = state.id;
    this.ownerId = state.ownerId;
    this.purpose = state.purpose;
    this.name = state.name;
    this.currency = state.currency;
    this.exponent = state.exponent;
    this.class = state.class;
    this.status = state.status;
    this.creditsFrozen = state.creditsFrozen;
    this.minimumBalance = state.minimumBalance;
    this.maximumBalance = state.maximumBalance;
    this.counters = state.counters;
    this.sequence = state.sequence;
    this.latestAt = state.latestAt;
    this.head = state.head;
    this.nextExpiryAt = state.nextExpiryAt;
    this.createdAt = state.createdAt;
  }

  /**
   * A customer's new account: a liability of the bank, active, with a minimum balance of 0.
   * @throws TypeError for a currency that ISO 4217 does not list
   */
  static open(facts: {
    id: string;
    ownerId: string;
    currency: string;
    name: string | null;
    at: Instant;
  }): Account {
    const { id, ownerId, currency, name, at } = facts;
    return Account.#fresh({
      id,
      ownerId,
      purpose: null,
      name,
      currency,
      exponent: exponentOf(currency),
      class: 'liability',
      minimumBalance: 0n,
      createdAt: at,
    });
  }

  /**
   * The bank's own account of a purpose, without limits.
   * @throws TypeError for a currency that ISO 4217 does not list, unless its exponent is given
   */
  static openSystem(facts: {
    purpose: SystemPurpose;
    currency: string;
    /** Of the account it is needed for, whose currency may have left the list since; else as listed. */
    exponent?: number;
    at: Instant;
  }): Account {
    const { purpose, currency, at, exponent = exponentOf(currency) } = facts;
    return Account.#fresh({
      id: systemAccountId(purpose, currency),
      ownerId: null,
      purpose,
      name: null,
      currency,
      exponent,
      class: CLASS_OF_PURPOSE[purpose],
      minimumBalance: null,
      createdAt: at,
    });
  }

  /** Trusts its argument: for stores, and for tests that need an account in some state. */
  static restore(state: AccountState): Account {
    return new Account(state);
  }

  static #fresh(
    facts: Pick<
      AccountState,
      | 'id'
      | 'ownerId'
      | 'purpose'
      | 'name'
      | 'currency'
      | 'exponent'
      | 'class'
      | 'minimumBalance'
      | 'createdAt'
    >,
  ): Account {
    return new Account({
      ...facts,
      status: 'active',
      creditsFrozen: false,
      maximumBalance: null,
      counters: NO_COUNTERS,
      sequence: 0,
      latestAt: facts.createdAt,
      head: GENESIS_HASH,
      nextExpiryAt: null,
    });
  }

  /** The side that raises the balance: debit for assets and expenses, credit for the rest. */
  get normalSide(): Direction {
    return this.class === 'asset' || this.class === 'expense' ? 'debit' : 'credit';
  }

  /** Posted, on the normal side; minor units. */
  get balance(): bigint {
    const { debitsPosted, creditsPosted } = this.counters;
    return this.normalSide === 'debit' ? debitsPosted - creditsPosted : creditsPosted - debitsPosted;
  }

  /** Reserved to leave the account: what is pending against its normal side. */
  get held(): bigint {
    return this.normalSide === 'debit' ? this.counters.creditsPending : this.counters.debitsPending;
  }

  /** Reserved to come in. It never counts as available. */
  get incoming(): bigint {
    return this.normalSide === 'debit' ? this.counters.debitsPending : this.counters.creditsPending;
  }

  get available(): bigint {
    return this.balance - this.held;
  }

  refuses(direction: Direction): boolean {
    return this.status === 'frozen' && (direction === 'debit' || this.creditsFrozen);
  }

  /**
   * Why `amount` more on this side would break a limit or a bound; undefined if it would not.
   * @param due what is pending of holds that have expired: it reserves nothing any more
   */
  limitBrokenBy(direction: Direction, amount: bigint, due = NOTHING_PENDING): LimitCode | undefined {
    const lowers = direction !== this.normalSide;
    const { available, balance, incoming } = this.release(due);
    if (lowers && this.minimumBalance !== null && available - amount < this.minimumBalance) {
      return 'insufficient_funds';
    }
    if (!lowers && this.maximumBalance !== null && balance + incoming + amount > this.maximumBalance) {
      return 'exceeds_maximum_balance';
    }
    // With what is pending: a capture checks no bound again.
    const { debitsPosted, debitsPending, creditsPosted, creditsPending } = this.counters;
    const counter = direction === 'debit' ? debitsPosted + debitsPending : creditsPosted + creditsPending;
    const after = lowers ? available - amount : balance + incoming + amount;
    return isWithinBound(after) && counter + amount <= MAX_COUNTER ? undefined : 'amount_overflow';
  }

  /** Remembers when its next hold expires. */
  expectExpiry(nextExpiryAt: Instant | null): Account {
    return nextExpiryAt === this.nextExpiryAt ? this : new Account({ ...this, nextExpiryAt });
  }

  /** Returns the account as of one of its entries, or as of its opening. */
  afterEntry(entry: LedgerEntry | null): Account {
    return new Account({
      ...this,
      counters: entry?.after ?? NO_COUNTERS,
      sequence: entry?.sequence ?? 0,
      latestAt: entry?.at ?? this.createdAt,
      head: entry?.hash ?? GENESIS_HASH,
    });
  }

  /** The account as if the expiry of what is due had been written: for decisions and reads, which count it so. */
  release(due: PendingSums): Account {
    if (due.debits === 0n && due.credits === 0n) return this;
    const { debitsPending, creditsPending } = this.counters;
    return new Account({
      ...this,
      counters: {
        ...this.counters,
        debitsPending: debitsPending - due.debits,
        creditsPending: creditsPending - due.credits,
      },
    });
  }

  rename(name: string | null): Account {
    return new Account({ ...this, name });
  }

  freeze({ credits }: { credits: boolean }): Account {
    return new Account({ ...this, status: 'frozen', creditsFrozen: credits });
  }

  unfreeze(): Account {
    return new Account({ ...this, status: 'active', creditsFrozen: false });
  }

  /** Final. The decision has seen that nothing is left in it. */
  close(): Account {
    return new Account({ ...this, status: 'closed', creditsFrozen: false });
  }

  /** A limit that is already broken stands, and blocks its side until it is kept again. */
  limit({
    minimumBalance,
    maximumBalance,
  }: Pick<AccountState, 'minimumBalance' | 'maximumBalance'>): Account {
    return new Account({ ...this, minimumBalance, maximumBalance });
  }
}

function exponentOf(currency: string): number {
  const exponent = currencyExponent(currency);
  if (exponent === undefined) throw new TypeError(`"${currency}" is not a currency of ISO 4217`);
  return exponent;
}

export type LimitCode = Extract<
  RefusalCode,
  'insufficient_funds' | 'exceeds_maximum_balance' | 'amount_overflow'
>;
