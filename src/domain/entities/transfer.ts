import type { RefusalCode } from '../errors.ts';
import type { Direction } from './counters.ts';
import type { Metadata } from './metadata.ts';
import type { Instant } from '../time.ts';

/** Digests of erased texts, as the chain covers them; null for a text that was not erased. */
export type ErasedTexts = {
  readonly description: string | null;
  readonly metadata: string | null;
  readonly reference: string | null;
};

export type TransferKind = 'transfer' | 'initial_funds' | 'withdrawal' | 'reversal';
export type TransferStatus = 'completed' | 'pending' | 'voided' | 'expired' | 'rejected';

/** One leg of a transfer. The amount is positive, in minor units; the direction gives its sign. */
export type Leg = {
  readonly accountId: string;
  /** Null for a system account, and for an account that was not found. */
  readonly ownerId: string | null;
  readonly direction: Direction;
  readonly amount: bigint;
};

/** The initiator of a transfer. `id` is null for the bank itself without an operator. */
export type Initiator = { readonly kind: 'user' | 'system'; readonly id: string | null };

export type TransferState = {
  readonly id: string;
  readonly kind: TransferKind;
  readonly status: TransferStatus;
  /** Reason of a rejection; null for all other transfers. */
  readonly code: RefusalCode | null;
  /** Legs, debits before credits. They sum to zero per currency. */
  readonly legs: readonly Leg[];
  /** Null for a transfer that was refused before its accounts were resolved. */
  readonly currency: string | null;
  readonly exponent: number | null;
  readonly initiator: Initiator;
  /** The payer's display name at the time of the transfer, shown to the payee. */
  readonly payerName: string | null;
  /** Text that all parties can see. */
  readonly description: string | null;
  /** Short text that all parties can see, such as the number of an invoice. */
  readonly reference: string | null;
  /** The id in the program that made the transfer, unique among transfers that were not rejected. */
  readonly externalId: string | null;
  /** Pairs that only the initiator and the system can see. */
  readonly metadata: Metadata | null;
  /** 32 random hexadecimal digits. Salts the digests that the chain covers in place of parties and texts. */
  readonly salt: string;
  /** Expiry of a hold; null for others. `reverses` and `batchId` are likewise null unless they apply. */
  readonly expiresAt: Instant | null;
  readonly reverses: string | null;
  readonly batchId: string | null;
  readonly createdAt: Instant;
  readonly completedAt: Instant | null;
  /** Captured amount of a captured hold; null for every other transfer. */
  readonly amountCaptured: bigint | null;
  /** Reversed amount of each leg, in the order of the legs; null before the first reversal. */
  readonly reversed: readonly bigint[] | null;
  /** Null until a text is erased. */
  readonly erased: ErasedTexts | null;
};

/** The state of a transfer: status and the facts that change with it. */
type TransferProgress = Pick<
  TransferState,
  'status' | 'code' | 'createdAt' | 'completedAt' | 'amountCaptured' | 'reversed' | 'erased'
>;

/** The facts that are fixed when a transfer is made. */
export type TransferFacts = Omit<TransferState, keyof TransferProgress>;

/** A transfer between accounts, or the record of a rejected one. Immutable: every change returns a new transfer. */
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
  readonly reference: string | null;
  readonly externalId: string | null;
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

  /** Takes two objects: joining them first would cost more than the rest of making a transfer. */
  private constructor(facts: TransferFacts, progress: TransferProgress) {
    this.id = facts.id;
    this.kind = facts.kind;
    this.status = progress.status;
    this.code = progress.code;
    this.legs = facts.legs;
    this.currency = facts.currency;
    this.exponent = facts.exponent;
    this.initiator = facts.initiator;
    this.payerName = facts.payerName;
    this.description = facts.description;
    this.reference = facts.reference;
    this.externalId = facts.externalId;
    this.metadata = facts.metadata;
    this.salt = facts.salt;
    this.expiresAt = facts.expiresAt;
    this.reverses = facts.reverses;
    this.batchId = facts.batchId;
    this.createdAt = progress.createdAt;
    this.completedAt = progress.completedAt;
    this.amountCaptured = progress.amountCaptured;
    this.reversed = progress.reversed;
    this.erased = progress.erased;
  }

  /**
   * Makes a transfer that moves its money at once.
   * @throws TypeError unless its debits and credits are positive and equal
   */
  static complete(facts: TransferFacts, at: Instant): Transfer {
    requireEqualSides(facts.legs);
    return new Transfer(facts, { ...FRESH, status: 'completed', createdAt: at, completedAt: at });
  }

  /**
   * Makes a hold, which reserves the money on both sides until `expiresAt`, exclusive.
   * @throws TypeError unless its debits and credits are positive and equal, and it has an expiry
   */
  static hold(facts: TransferFacts, at: Instant): Transfer {
    requireEqualSides(facts.legs);
    if (facts.expiresAt === null) throw new TypeError('A hold expires');

    return new Transfer(facts, { ...FRESH, status: 'pending', createdAt: at });
  }

  /** Makes the record of a well-formed transfer that a rule refused. It has a code and no entries. */
  static reject(facts: TransferFacts, code: RefusalCode, at: Instant): Transfer {
    return new Transfer(facts, { ...FRESH, status: 'rejected', code, createdAt: at });
  }

  /** Restores a transfer without checks. For stores. */
  static restore(state: TransferState): Transfer {
    return new Transfer(state, state);
  }

  get source(): Leg {
    return this.#first('debit');
  }

  get destination(): Leg {
    return this.#first('credit');
  }

  /** Whether the transfer was placed as a hold, in any status. */
  get isHold(): boolean {
    return this.expiresAt !== null && this.status !== 'rejected';
  }

  /** Returns the status at an instant. A due hold counts as expired, swept or not. */
  statusAt(now: Instant): TransferStatus {
    return this.status === 'pending' && this.expiresAt !== null && this.expiresAt <= now
      ? 'expired'
      : this.status;
  }

  capture(amountCaptured: bigint, at: Instant): Transfer {
    return this.#with({ status: 'completed', amountCaptured, completedAt: at });
  }

  void(): Transfer {
    return this.#with({ status: 'voided' });
  }

  expire(): Transfer {
    return this.#with({ status: 'expired' });
  }

  /** Adds `shares` to the reversed amounts, in the order of the legs. */
  reverse(shares: readonly bigint[]): Transfer {
    const before = this.reversed ?? [];
    return this.#with({ reversed: shares.map((share, index) => share + (before[index] ?? 0n)) });
  }

  /** Removes the texts. Their digests stay, since the chain covers them. */
  eraseTexts(erased: ErasedTexts): Transfer {
    return new Transfer({ ...this, description: null, reference: null, metadata: null }, { ...this, erased });
  }

  /** Amount moved: the captured amount of a captured hold, otherwise the full amount. */
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

  /** Amount of each leg that can still be reversed, in the order of the legs. */
  get reversible(): readonly bigint[] {
    return this.legs.map(
      (leg, index) => (this.amountCaptured ?? leg.amount) - (this.reversed?.[index] ?? 0n),
    );
  }

  /** Sum of all debits. */
  get amount(): bigint {
    let sum = 0n;
    for (const leg of this.legs) if (leg.direction === 'debit') sum += leg.amount;
    return sum;
  }

  /** Users that see the transfer in their list: its initiator and, unless it was rejected, the accounts' owners. */
  get parties(): readonly string[] {
    const ids = new Set<string>();
    if (this.initiator.id !== null) ids.add(this.initiator.id);
    if (this.status !== 'rejected') {
      for (const leg of this.legs) if (leg.ownerId !== null) ids.add(leg.ownerId);
    }
    return [...ids];
  }

  /**
   * The initiator, if none of their accounts has an entry of the transfer: they paid from another's account, or the
   * transfer was rejected. Otherwise null.
   */
  get unbookedFor(): string | null {
    const { id } = this.initiator;
    const isBooked = this.status !== 'rejected' && this.legs.some(({ ownerId }) => ownerId === id);
    return isBooked ? null : id;
  }

  #with(change: Partial<TransferProgress>): Transfer {
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
