import type { Clock, IdGenerator } from '../../src/application/ports/runtime.ts';
import { Account } from '../../src/domain/entities/account.ts';
import type { AccountState } from '../../src/domain/entities/account.ts';
import type { Actor } from '../../src/domain/actor.ts';
import { GENESIS_HASH } from '../../src/domain/entities/genesis-hash.ts';
import type { TransferNotification, WelcomeNotification } from '../../src/domain/entities/notification.ts';
import type { Session } from '../../src/domain/entities/session.ts';
import type { Instant } from '../../src/domain/time.ts';
import { User } from '../../src/domain/entities/user.ts';
import type { UserState } from '../../src/domain/entities/user.ts';
import type { TransferFacts } from '../../src/domain/entities/transfer.ts';

export const JANUARY: Instant = Date.UTC(2026, 0, 15, 10);
const HOUR_MS = 3_600_000;

/** A clock that stands still until a test moves it. */
export class FixedClock implements Clock {
  #now: Instant;

  constructor(now: Instant = JANUARY) {
    this.#now = now;
  }

  now(): Instant {
    return this.#now;
  }

  advance(ms: number): void {
    this.#now += ms;
  }
}

/** Version 7 UUIDs and salts that count from 1, so that a run is reproducible. */
class CountingIds implements IdGenerator {
  #ids = 0;
  #salts = 0;

  newId(): string {
    this.#ids += 1;
    const digits = this.#ids.toString(16).padStart(18, '0');
    return `019bc0de-0000-7${digits.slice(0, 3)}-8${digits.slice(3, 6)}-${digits.slice(6)}`;
  }

  newSalt(): string {
    this.#salts += 1;
    return this.#salts.toString(16).padStart(32, '0');
  }
}

/** The source of all ids in a test file, so that no two of its records share one. */
export const ids = new CountingIds();

export function freshId(): string {
  return ids.newId();
}

export type Customer = Extract<Actor, { kind: 'user' }>;

export function aCustomer(name = 'Alice'): Customer {
  return { kind: 'user', id: freshId(), name };
}

export type AccountFacts = Partial<AccountState> & {
  /** Replaces counters: the total credited or, if negative, debited. */
  readonly balance?: bigint;
};

/** A customer's account in any state, as a store returns it. Default: 0 EUR and active. */
export function anAccount({ balance = 0n, ...state }: AccountFacts = {}): Account {
  return Account.restore({
    id: freshId(),
    ownerId: freshId(),
    purpose: null,
    name: null,
    currency: 'EUR',
    exponent: 2,
    class: 'liability',
    status: 'active',
    creditsFrozen: false,
    minimumBalance: 0n,
    maximumBalance: null,
    counters: {
      debitsPosted: balance < 0n ? -balance : 0n,
      creditsPosted: balance > 0n ? balance : 0n,
      debitsPending: 0n,
      creditsPending: 0n,
    },
    sequence: 0,
    latestAt: JANUARY,
    head: GENESIS_HASH,
    nextExpiryAt: null,
    createdAt: JANUARY,
    ...state,
  });
}

export function aUser(state: Partial<UserState> = {}): User {
  const id = freshId();
  return User.restore({
    id,
    name: 'Alice',
    email: `${id}@example.com`,
    role: 'customer',
    createdAt: JANUARY,
    ...state,
  });
}

export function aSession(state: Partial<Session> = {}): Session {
  return {
    id: freshId(),
    userId: freshId(),
    createdAt: JANUARY,
    expiresAt: JANUARY + HOUR_MS,
    endedAt: null,
    ...state,
  };
}

export function aWelcome(facts: Partial<WelcomeNotification> = {}): WelcomeNotification {
  return { id: freshId(), kind: 'welcome', recipientId: freshId(), at: JANUARY, ...facts };
}

export function aTransferMessage(facts: Partial<TransferNotification> = {}): TransferNotification {
  const transferId = freshId();
  return {
    id: `${transferId}.received`,
    kind: 'transfer_received',
    recipientId: freshId(),
    at: JANUARY,
    transferId,
    amount: 1234n,
    currency: 'EUR',
    exponent: 2,
    description: 'Rent, März 🏠',
    counterparty: { name: 'Alice', account: 'c0de' },
    reverses: null,
    expiresAt: null,
    balances: [{ accountId: freshId(), balance: 9_007_199_254_740_991n }],
    ...facts,
  };
}

type TransferTerms = {
  readonly source?: string;
  readonly destination?: string;
  readonly amount?: bigint;
  readonly initiator?: string | null;
  readonly payer?: string | null;
  readonly payee?: string | null;
};

/** Facts of a new transfer. Default: Alice's, of 1 EUR to Bob. An initiator other than the payer is the system. */
export function transferFacts({
  source = freshId(),
  destination = freshId(),
  amount = 100n,
  initiator = 'alice',
  payer = 'alice',
  payee = 'bob',
}: TransferTerms = {}): TransferFacts {
  return {
    id: freshId(),
    kind: 'transfer',
    legs: [
      { accountId: source, ownerId: payer, direction: 'debit', amount },
      { accountId: destination, ownerId: payee, direction: 'credit', amount },
    ],
    currency: 'EUR',
    exponent: 2,
    initiator: { kind: initiator !== null && initiator === payer ? 'user' : 'system', id: initiator },
    payerName: 'Alice',
    description: null,
    metadata: null,
    salt: ids.newSalt(),
    expiresAt: null,
    reverses: null,
    batchId: null,
  };
}

/** Fields of a view for a transfer without holds, reversals, legs and batches. */
export const PLAIN = {
  legs: null,
  amountCaptured: null,
  amountReversed: 0n,
  expiresAt: null,
  reverses: null,
  batchId: null,
} as const;

/** State of a transfer that has not changed since it was made. */
export const UNTOUCHED = { amountCaptured: null, reversed: null, erased: null } as const;
