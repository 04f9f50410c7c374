import type { RefusalCode } from '../errors.ts';
import type { Direction } from './counters.ts';
import type { Instant } from '../time.ts';

/** Digests that stand for texts that were erased, as the chain covers them; null where that text was not. */
export type ErasedTexts = { readonly description: string | null; readonly metadata: string | null };

export type TransferKind = 'transfer' | 'initial_funds' | 'withdrawal' | 'reversal';
export type TransferStatus = 'completed' | 'pending' | 'voided' | 'expired' | 'rejected';

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
  /** Of a hold that was captured: how much of it; null for every other transfer. */
  readonly amountCaptured: bigint | null;
  /** How much of each leg was reversed, in the order of the legs; null while nothing was. */
  readonly reversed: readonly bigint[] | null;
  /** Null while no text was erased. */
  readonly erased: ErasedTexts | null;
};

/** How a transfer stands since it was made. */
type TransferProgress = Pick<
  TransferState,
  'status' | 'code' | 'createdAt' | 'completedAt' | 'amountCaptured' | 'reversed' | 'erased'
>;

/** The facts that a transfer begins with, whatever becomes of it. */
export type TransferFacts = Omit<TransferState, keyof TransferProgress>;

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
  readonly amountCaptured: bigint | null;
  readonly reversed: readonly bigint[] | null;
  readonly erased: ErasedTexts | null;

  /** In two parts: to join them into one object first costs more than all the rest of making a transfer. */
  private constructor(facts: TransferFacts, standing: TransferProgress) {
    this.id = facts.id;
    this.kind = facts.kind;
    this.status = standing.status;
    this.code = standing.code;
    this.legs = facts.legs;
    this.currency = facts.currency;
    this.exponent = facts.exponent;
    this.initiator = facts.initiator;
    this.payerName = facts.payerName;
    this.description = facts.description;
    this.metadata = facts.metadata;
    this.salt = facts.salt;
    this.expiresAt = facts.expiresAt;
    this.reverses = facts.reverses;
    this.batchId = facts.batchId;
    this.createdAt = standing.createdAt;
    this.completedAt = standing.completedAt;
    this.amountCaptured = standing.amountCaptured;
    this.reversed = standing.reversed;
    this.erased = standing.erased;
  }

  /**
   * A transfer that moves its money at once.
   * @throws TypeError if its debits and credits are not positive and equal
   */
  static complete(facts: TransferFacts, at: Instant): Transfer {
    requireEqualSides(facts.legs);
    return new Transfer(facts, { ...FRESH, status: 'completed', createdAt: at, completedAt: at });
  }

  /**
   * A hold: the money is reserved on both sides until `expiresAt`, exclusive.
   * @throws TypeError if its debits and credits are not positive and equal, or it does not expire
   */
  static hold(facts: TransferFacts, at: Instant): Transfer {
    requireEqualSides(facts.legs);
    if (facts.expiresAt === null) throw new TypeError('A hold expires');

    return new Transfer(facts, { ...FRESH, status: 'pending', createdAt: at });
  }

  /** A well-formed transfer that a rule refused: kept with its code, without entries. */
  static reject(facts: TransferFacts, code: RefusalCode, at: Instant): Transfer {
    return new Transfer(facts, { ...FRESH, status: 'rejected', code, createdAt: at });
  }

  /** Trusts its argument: for stores. */
  static restore(state: TransferState): Transfer {
    return new Transfer(state, state);
  }

  get source(): Leg {
    return this.#first('debit');
  }

  get destination(): Leg {
    return this.#first('credit');
  }

  /** A transfer that was placed as a hold, whatever became of it. */
  get isHold(): boolean {
    return this.expiresAt !== null && this.status !== 'rejected';
  }

  /** How it stands at an instant: a hold that is due counts as expired, whether or not anything has swept it. */
  statusAt(now: Instant): TransferStatus {
    return this.status === 'pending' && this.expiresAt !== null && this.expiresAt <= now
      ? 'expired'
      : this.status;
  }

  capture(amountCaptured: bigint, at: Instant): Transfer {
    return this.#standing({ status: 'completed', amountCaptured, completedAt: at });
  }

  void(): Transfer {
    return this.#standing({ status: 'voided' });
  }

  expire(): Transfer {
    return this.#standing({ status: 'expired' });
  }

  /** With so much more of each leg reversed, in the order of the legs. */
  reverse(shares: readonly bigint[]): Transfer {
    const before = this.reversed ?? [];
    return this.#standing({ reversed: shares.map((share, index) => share + (before[index] ?? 0n)) });
  }

  /** Without its texts; what the chain covers of them stays. */
  eraseTexts(erased: ErasedTexts): Transfer {
    return new Transfer({ ...this, description: null, metadata: null }, { ...this, erased });
  }

  /** How much was moved: what was captured of a hold, else the whole. */
  get amountMoved(): bigint {
    return this.amountCaptured ?? this.amount;
  }

  get amountReversed(): bigint {
    let sum = 0n;
    for (const [index, leg] of this.legs.entries()) {
      if (leg.direction === 'debit') sum += this.reversed?.[index] ?? 0n;
    }
    return sum;
  }

  /** What is left to reverse of each leg, in the order of the legs. */
  get reversible(): readonly bigint[] {
    return this.legs.map(
      (leg, index) => (this.amountCaptured ?? leg.amount) - (this.reversed?.[index] ?? 0n),
    );
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

  /** The initiator, if no account of theirs has an entry of it: they paid from another's, or it was rejected. */
  get unbookedFor(): string | null {
    const { id } = this.initiator;
    const isBooked = this.status !== 'rejected' && this.legs.some(({ ownerId }) => ownerId === id);
    return isBooked ? null : id;
  }

  #standing(change: Partial<TransferProgress>): Transfer {
    return new Transfer(this, { ...this, ...change });
  }

  #first(direction: Direction): Leg {
    const leg = this.legs.find((one) => one.direction === direction);
    if (!leg) throw new TypeError(`A transfer has a ${direction}`);
    return leg;
  }
}

const FRESH = { code: null, completedAt: null, amountCaptured: null, reversed: null, erased: null };

function requireEqualSides(legs: readonly Leg[]): void {
  if (legs.length < 2) throw new TypeError('A transfer has two sides');
  let sum = 0n;
  for (const leg of legs) {
    if (leg.amount <= 0n) throw new TypeError('A leg of a transfer must be above 0');
    sum += leg.direction === 'debit' ? leg.amount : -leg.amount;
  }
  if (sum !== 0n) throw new TypeError('The debits and credits of a transfer must be equal');
}
