import type { RefusalCode } from './errors.ts';
import type { Direction } from './ledger-entry.ts';
import type { Instant } from './time.ts';

export type TransferKind = 'transfer' | 'initial_funds';
export type TransferStatus = 'completed' | 'rejected';

/** One side of a transfer. Amount in minor units, above 0; the direction says which way. */
export type Leg = {
  readonly accountId: string;
  /** Null for a system account, and where the account was not found. */
  readonly ownerId: string | null;
  readonly direction: Direction;
  readonly amount: bigint;
};

export type Metadata = Readonly<Record<string, string>>;

/** Who made a transfer; `id` is null for the bank itself without an operator. */
export type Initiator = { readonly kind: 'user' | 'system'; readonly id: string | null };

export type TransferState = {
  readonly id: string;
  readonly kind: TransferKind;
  readonly status: TransferStatus;
  /** Why it was rejected; null unless it was. */
  readonly code: RefusalCode | null;
  /** Debits before credits; per currency they sum to zero. */
  readonly legs: readonly Leg[];
  /** Null where it is not known: a transfer that was refused before its accounts were looked at. */
  readonly currency: string | null;
  readonly exponent: number | null;
  readonly initiator: Initiator;
  /** The payer's display name as it was then: what the payee sees. */
  readonly payerName: string | null;
  /** Shared by all parties. */
  readonly description: string | null;
  /** The initiator's and the system's. */
  readonly metadata: Metadata | null;
  /** 32 hexadecimal digits drawn at random; it salts what the chain covers without showing. */
  readonly salt: string;
  /** Fixed at the making of a hold, a reversal, a batch's member; null for the others. */
  readonly expiresAt: Instant | null;
  readonly reverses: string | null;
  readonly batchId: string | null;
  readonly createdAt: Instant;
  readonly completedAt: Instant | null;
};

/** The facts that a transfer begins with, whatever becomes of it. */
export type TransferFacts = Omit<
  TransferState,
  'status' | 'code' | 'createdAt' | 'completedAt' | 'expiresAt' | 'reverses' | 'batchId'
>;

/** Money on its way from one account to another, or the record that a rule refused it. Immutable. */
export class Transfer {
  readonly id: string;
  readonly kind: TransferKind;
  readonly status: TransferStatus;
  readonly code: RefusalCode | null;
  readonly legs: readonly Leg[];
  readonly currency: string | null;
  readonly exponent: number | null;
  readonly initiator: Initiator;
  readonly payerName: string | null;
  readonly description: string | null;
  readonly metadata: Metadata | null;
  readonly salt: string;
  readonly expiresAt: Instant | null;
  readonly reverses: string | null;
  readonly batchId: string | null;
  readonly createdAt: Instant;
  readonly completedAt: Instant | null;

  private constructor(state: TransferState) {
    this.id = state.id;
    this.kind = state.kind;
    this.status = state.status;
    this.code = state.code;
    this.legs = state.legs;
    this.currency = state.currency;
    this.exponent = state.exponent;
    this.initiator = state.initiator;
    this.payerName = state.payerName;
    this.description = state.description;
    this.metadata = state.metadata;
    this.salt = state.salt;
    this.expiresAt = state.expiresAt;
    this.reverses = state.reverses;
    this.batchId = state.batchId;
    this.createdAt = state.createdAt;
    this.completedAt = state.completedAt;
  }

  /**
   * A transfer that moves its money at once.
   * @throws TypeError if its debits and credits are not positive and equal
   */
  static complete(facts: TransferFacts, at: Instant): Transfer {
    let sum = 0n;
    for (const leg of facts.legs) {
      if (leg.amount <= 0n) throw new TypeError('A leg of a transfer must be above 0');
      sum += leg.direction === 'debit' ? leg.amount : -leg.amount;
    }
    if (sum !== 0n) throw new TypeError('The debits and credits of a transfer must be equal');

    return new Transfer({
      ...facts,
      ...NOTHING_MORE,
      status: 'completed',
      code: null,
      createdAt: at,
      completedAt: at,
    });
  }

  /** A well-formed transfer that a rule refused: kept with its code, without entries. */
  static reject(facts: TransferFacts, code: RefusalCode, at: Instant): Transfer {
    return new Transfer({
      ...facts,
      ...NOTHING_MORE,
      status: 'rejected',
      code,
      createdAt: at,
      completedAt: null,
    });
  }

  /** Trusts its argument: for stores. */
  static restore(state: TransferState): Transfer {
    return new Transfer(state);
  }

  get source(): Leg {
    return this.#first('debit');
  }

  get destination(): Leg {
    return this.#first('credit');
  }

  /** What is debited in all. */
  get amount(): bigint {
    let sum = 0n;
    for (const leg of this.legs) if (leg.direction === 'debit') sum += leg.amount;
    return sum;
  }

  /** The users in whose list it stands: its initiator, and unless it was rejected the owners of its accounts. */
  get parties(): readonly string[] {
    const ids = new Set<string>();
    if (this.initiator.id !== null) ids.add(this.initiator.id);
    if (this.status !== 'rejected') {
      for (const leg of this.legs) if (leg.ownerId !== null) ids.add(leg.ownerId);
    }
    return [...ids];
  }

  #first(direction: Direction): Leg {
    const leg = this.legs.find((one) => one.direction === direction);
    if (!leg) throw new TypeError(`A transfer has a ${direction}`);
    return leg;
  }
}

const NOTHING_MORE = { expiresAt: null, reverses: null, batchId: null };
