/**
 * The bank as plain arrays, written from what the ledger promises and not from how it is made: a balance is what the
 * entries add up to, the checks are a list in their order, a key is a line in a map. Slow, and easy to see through.
 */
import type { AccountView } from '../../src/application/views.ts';
import type { Actor } from '../../src/domain/actor.ts';
import type { SystemPurpose } from '../../src/domain/account.ts';
import type { RefusalCode } from '../../src/domain/errors.ts';
import type { Message } from '../../src/domain/message.ts';

export const BOUND = 9_007_199_254_740_991n;
export const COUNTER_BOUND = 2n ** 62n;

/** The nearest balance or limit that may be kept. */
export function within(balance: bigint): bigint {
  return balance > BOUND ? BOUND : balance < -BOUND ? -BOUND : balance;
}

/** The currencies of the test, with their decimals in ISO 4217. */
export const EXPONENTS: Readonly<Record<string, number>> = { EUR: 2, USD: 2, JPY: 0, BHD: 3 };

export type Side = 'debit' | 'credit';

export type Counters = {
  debitsPosted: bigint;
  creditsPosted: bigint;
  debitsPending: bigint;
  creditsPending: bigint;
};

export type ModelEntry = {
  readonly transferId: string;
  readonly side: Side;
  readonly amount: bigint;
  readonly at: number;
};

export type ModelAccount = {
  readonly id: string;
  readonly ownerId: string | null;
  readonly purpose: SystemPurpose | null;
  readonly name: string | null;
  readonly currency: string;
  readonly class: AccountView['class'];
  readonly openedAt: number;
  /** What it began with: nothing, but for those that the test wrote by hand. */
  readonly opening: Counters;
  status: AccountView['status'];
  creditsFrozen: boolean;
  minimumBalance: bigint | null;
  maximumBalance: bigint | null;
  readonly entries: ModelEntry[];
};

export type ModelTransfer = {
  readonly id: string;
  readonly kind: 'transfer' | 'initial_funds';
  readonly code: RefusalCode | null;
  readonly source: Party;
  readonly destination: Party;
  readonly amount: bigint;
  readonly currency: string | null;
  readonly initiator: { readonly kind: 'user' | 'system'; readonly id: string | null };
  readonly payerName: string | null;
  readonly description: string | null;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly at: number;
};

export type Party = { readonly accountId: string; readonly ownerId: string | null };

export type RequestFields = readonly (readonly [field: string, value: string | null])[];

export type Kept = { readonly fields: RequestFields; readonly answer: ModelAnswer; readonly at: number };

/** Whatever a command answers: `ok`, and what else its kind shows. */
export type ModelAnswer = {
  readonly ok: boolean;
  readonly replayed: boolean;
  readonly [fact: string]: unknown;
};

export type KeyUse = { readonly actor: Actor; readonly operation: Operation; readonly key: string };
export type Operation = 'transfer' | 'initial_funds' | 'open_account';

export type Terms = {
  readonly defaultCurrency: string;
  readonly accountsPerOwner: number | null;
  readonly notify: boolean;
};

export type Model = {
  readonly terms: Terms;
  now: number;
  readonly accounts: ModelAccount[];
  readonly transfers: ModelTransfer[];
  readonly kept: Map<string, Kept>;
  /** Each key once, in the order of their first use. */
  readonly keyUses: KeyUse[];
  readonly messages: Message[];
};

export function anEmptyModel(terms: Terms, now: number): Model {
  return { terms, now, accounts: [], transfers: [], kept: new Map(), keyUses: [], messages: [] };
}

export function findAccount(model: Model, id: string): ModelAccount | undefined {
  return model.accounts.find((account) => account.id === id);
}

/** By id, which is the order of opening. */
export function accountsOf(model: Model, ownerId: string): readonly ModelAccount[] {
  return model.accounts.filter((account) => account.ownerId === ownerId).sort(byId);
}

export function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : 1;
}

/** After the account's first `count` entries; after all of them unless said. */
export function countersOf(account: ModelAccount, count = account.entries.length): Counters {
  const counters = { ...account.opening };
  for (let index = 0; index < count; index++) {
    const { side, amount } = account.entries[index] as ModelEntry;
    if (side === 'debit') counters.debitsPosted += amount;
    else counters.creditsPosted += amount;
  }
  return counters;
}

/** Assets and expenses grow by debits, all else by credits. */
export function raisedBy(account: ModelAccount): Side {
  return account.class === 'asset' || account.class === 'expense' ? 'debit' : 'credit';
}

export function fundsOf(account: ModelAccount, count?: number) {
  const counters = countersOf(account, count);
  const byDebits = raisedBy(account) === 'debit';
  const net = counters.debitsPosted - counters.creditsPosted;
  const balance = byDebits ? net : -net;
  const held = byDebits ? counters.creditsPending : counters.debitsPending;
  const awaited = byDebits ? counters.debitsPending : counters.creditsPending;
  return { counters, balance, held, available: balance - held, awaited };
}

export function balancesOf(account: ModelAccount) {
  const { balance, held, available } = fundsOf(account);
  return { accountId: account.id, balance, held, available };
}

export function latestInstantOf(account: ModelAccount): number {
  return account.entries.at(-1)?.at ?? account.openedAt;
}

/** A user's keys are their own; the system's belong to the ledger, or to the program that it names. */
export function keyTextOf({ actor, operation, key }: KeyUse): string {
  const owner = actor.kind === 'user' ? ['user', actor.id] : ['system', actor.scope ?? null];
  return JSON.stringify([...owner, operation, key]);
}
