import type { RefusalCode } from '../errors.ts';
import { GENESIS_HASH } from './genesis-hash.ts';
import { MAX_COUNTER, currencyExponent, isWithinBound } from '../money/money.ts';
import type { Instant } from '../time.ts';
import { isAccountNumber } from './account-number.ts';
import { NOTHING_PENDING, NO_COUNTERS } from './counters.ts';
import type { Counters, PendingSums, Direction } from './counters.ts';
import type { LedgerEntry } from './ledger-entry.ts';
import type { Metadata } from './metadata.ts';

export type AccountClass = 'asset' | 'liability' | 'equity' | 'income' | 'expense';

/** Direction that raises a balance of the class: debit for assets and expenses, credit for the others. */
export function normalSideOf(of: AccountClass): Direction {
  return of === 'asset' || of === 'expense' ? 'debit' : 'credit';
}
export type AccountStatus = 'active' | 'frozen' | 'closed';

/** Purpose of a system account. There is one account for each purpose and currency. */
export type SystemPurpose = 'funding' | 'settlement' | 'fees' | 'exchange' | 'suspense';

export type AccountState = {
  readonly id: string;
  /** Null for a system account, which has a purpose instead. */
  readonly ownerId: string | null;
  readonly purpose: SystemPurpose | null;
  /** The number for people, in canonical form, fixed at opening. Null for a system account. */
  readonly number: string | null;
  /** The owner's name for the account. Never shown to others. */
  readonly name: string | null;
  /** The id in the program that opened the account, unique among accounts and fixed at opening. */
  readonly externalId: string | null;
  /** Pairs that the owner and the system see and set. Never shown to others. */
  readonly metadata: Metadata | null;
  readonly currency: string;
  /** Decimals of the currency's minor unit, fixed at opening. */
  readonly exponent: number;
  readonly class: AccountClass;
  readonly status: AccountStatus;
  /** Whether a frozen account refuses credits too. */
  readonly creditsFrozen: boolean;
  /** Minimum available balance; negative allows an overdraft. Null: only the general bound of balances applies. */
  readonly minimumBalance: bigint | null;
  readonly maximumBalance: bigint | null;
  readonly counters: Counters;
  /** The last entry's sequence, instant and hash. Before the first entry: 0, opening and `GENESIS_HASH`. */
  readonly sequence: number;
  readonly latestAt: Instant;
  readonly head: string;
  /** Lower bound for the expiry of the account's pending holds; null if there are none. */
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
 * Returns the fixed id of a system account, so that processes do not race to create it. It is a version 8 UUID (RFC
 * 9562, section 5.8) that spells the purpose's number and the currency's three letters.
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
  readonly number: string | null;
  readonly name: string | null;
  readonly externalId: string | null;
  readonly metadata: Metadata | null;
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
    this.number = state.number;
    this.name = state.name;
    this.externalId = state.externalId;
    this.metadata = state.metadata;
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
   * Opens a customer's account: an active liability of the bank, with a minimum balance of 0.
   * @throws TypeError for a currency that is not listed in ISO 4217, or a number with wrong check digits
   */
  static open(facts: {
    id: string;
    ownerId: string;
    number: string;
    currency: string;
    name: string | null;
    externalId?: string | null;
    metadata?: Metadata | null;
    at: Instant;
  }): Account {
    const { id, ownerId, number, currency, name, externalId = null, metadata = null, at } = facts;
    if (!isAccountNumber(number)) throw new TypeError(`"${number}" is not an account number`);
    return Account.#fresh({
      id,
      ownerId,
      purpose: null,
      number,
      name,
      externalId,
      metadata,
      currency,
      exponent: exponentOf(currency),
      class: 'liability',
      minimumBalance: 0n,
      createdAt: at,
    });
  }

  /**
   * Opens a system account, without limits.
   * @throws TypeError for a currency that is not listed in ISO 4217, if `exponent` is absent
   */
  static openSystem(facts: {
    purpose: SystemPurpose;
    currency: string;
    /** Exponent of the account on the other side, whose currency may have left the list. Default: as listed. */
    exponent?: number;
    at: Instant;
  }): Account {
    const { purpose, currency, at, exponent = exponentOf(currency) } = facts;
    return Account.#fresh({
      id: systemAccountId(purpose, currency),
      ownerId: null,
      purpose,
      number: null,
      name: null,
      externalId: null,
      metadata: null,
      currency,
      exponent,
      class: CLASS_OF_PURPOSE[purpose],
      minimumBalance: null,
      createdAt: at,
    });
  }

  /** Restores an account without checks. For stores, and for tests that need an account in a certain state. */
  static restore(state: AccountState): Account {
    return new Account(state);
  }

  static #fresh(
    facts: Pick<
      AccountState,
      | 'id'
      | 'ownerId'
      | 'purpose'
      | 'number'
      | 'name'
      | 'externalId'
      | 'metadata'
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

  /** Direction that raises the balance. */
  get normalSide(): Direction {
    return normalSideOf(this.class);
  }

  /** Posted balance on the normal side, in minor units. */
  get balance(): bigint {
    const { debitsPosted, creditsPosted } = this.counters;
    return this.normalSide === 'debit' ? debitsPosted - creditsPosted : creditsPosted - debitsPosted;
  }

  /** Amount reserved to leave the account: the pending sum of the side that lowers its balance. */
  get held(): bigint {
    return this.normalSide === 'debit' ? this.counters.creditsPending : this.counters.debitsPending;
  }

  /** Amount reserved to come in. It never counts as available. */
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
   * Returns the limit or bound that `amount` more in this direction would break; undefined if there is none.
   * @param due pending sums of expired holds, which no longer reserve anything
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
    // Includes pending sums, since a capture does not check the bound again
    const { debitsPosted, debitsPending, creditsPosted, creditsPending } = this.counters;
    const counter = direction === 'debit' ? debitsPosted + debitsPending : creditsPosted + creditsPending;
    const after = lowers ? available - amount : balance + incoming + amount;
    return isWithinBound(after) && counter + amount <= MAX_COUNTER ? undefined : 'amount_overflow';
  }

  /** Returns the account with a new `nextExpiryAt`. */
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

  /** Returns the account as if the expiry of its due holds had been written. Decisions and reads use this view. */
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

  describe(metadata: Metadata | null): Account {
    return new Account({ ...this, metadata });
  }

  freeze({ credits }: { credits: boolean }): Account {
    return new Account({ ...this, status: 'frozen', creditsFrozen: credits });
  }

  unfreeze(): Account {
    return new Account({ ...this, status: 'active', creditsFrozen: false });
  }

  /** Closes the account permanently. The decision has checked that it is empty. */
  close(): Account {
    return new Account({ ...this, status: 'closed', creditsFrozen: false });
  }

  /** Sets both limits. The balance may already exceed a limit; the limit then blocks its side until it is met again. */
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
