/**
 * The bank as plain lists, written from what the ledger promises and not from how it is made: an account is what its
 * entries add up to, the checks are a list in their order, a key is a line in a map. Slow, and easy to see through.
 */
import type { AccountView } from '../../src/application/views.ts';
import type { Actor } from '../../src/domain/actor.ts';
import type { AuditFacts } from '../../src/domain/integrity/audit-log.ts';
import type { SystemPurpose } from '../../src/domain/entities/account.ts';
import type { RefusalCode } from '../../src/domain/errors.ts';
import type { Operation } from '../../src/domain/books/idempotency.ts';
import type { EntryStep } from '../../src/domain/entities/counters.ts';
import type { Notification } from '../../src/domain/entities/notification.ts';
import type { TransferKind, TransferStatus } from '../../src/domain/entities/transfer.ts';

export const BOUND = 9_007_199_254_740_991n;
export const COUNTER_BOUND = 2n ** 62n;
/** How long a command of the test may take, by the clock of the test, in milliseconds. */
export const DEADLINE_MS = 60_000;

/** The nearest balance or limit that may be kept. */
export function clampToBound(balance: bigint): bigint {
  return balance > BOUND ? BOUND : balance < -BOUND ? -BOUND : balance;
}

/** The currencies of the test, with their decimals in ISO 4217. */
export const EXPONENTS: Readonly<Record<string, number>> = { EUR: 2, USD: 2, JPY: 0, BHD: 3 };

export type Side = 'debit' | 'credit';

export type Counters = {
  readonly debitsPosted: bigint;
  readonly creditsPosted: bigint;
  readonly debitsPending: bigint;
  readonly creditsPending: bigint;
};

export type ModelEntry = {
  readonly transferId: string;
  readonly step: EntryStep;
  readonly side: Side;
  readonly posted: bigint;
  readonly pending: bigint;
  readonly after: Counters;
  readonly at: number;
};

export type ModelMetadata = Readonly<Record<string, string>>;

export type ModelAccount = {
  readonly id: string;
  readonly ownerId: string | null;
  readonly purpose: SystemPurpose | null;
  readonly number: string | null;
  readonly externalId: string | null;
  name: string | null;
  metadata: ModelMetadata | null;
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

export type ModelLeg = {
  readonly accountId: string;
  readonly ownerId: string | null;
  readonly direction: Side;
  readonly amount: bigint;
};

/** Replaced and never changed, so that what was answered stays as it was. */
export type ModelTransfer = {
  readonly id: string;
  readonly kind: TransferKind;
  readonly status: TransferStatus;
  readonly code: RefusalCode | null;
  readonly legs: readonly ModelLeg[];
  readonly currency: string | null;
  readonly initiator: { readonly kind: 'user' | 'system'; readonly id: string | null };
  readonly payerName: string | null;
  readonly description: string | null;
  readonly reference: string | null;
  readonly externalId: string | null;
  readonly metadata: ModelMetadata | null;
  readonly expiresAt: number | null;
  readonly reverses: string | null;
  readonly batchId: string | null;
  readonly createdAt: number;
  readonly completedAt: number | null;
  readonly amountCaptured: bigint | null;
  /** The legs of each reversal of it. */
  readonly reversals: readonly (readonly ModelLeg[])[];
};

export type ModelBalances = {
  readonly accountId: string;
  readonly balance: bigint;
  readonly held: bigint;
  readonly available: bigint;
};

export type RequestFields = readonly (readonly [field: string, value: string | null])[];

/** What became of a transfer, or of a step of one. */
export type TransferOutcome =
  | { readonly made: ModelTransfer; readonly balances: readonly ModelBalances[] }
  | { readonly code: RefusalCode; readonly rejected: ModelTransfer | null };

export type ModelOutcome =
  | TransferOutcome
  | { readonly account: AccountView }
  | { readonly members: readonly TransferOutcome[] };

export type Kept = { readonly fields: RequestFields; readonly outcome: ModelOutcome; readonly at: number };

export type KeyUse = { readonly actor: Actor; readonly operation: Operation; readonly key: string };

export type Terms = {
  readonly defaultCurrency: string;
  readonly accountsPerOwner: number | null;
  readonly notify: boolean;
};

export type Model = {
  readonly terms: Terms;
  now: number;
  /** Whether what is done to it is thrown away: a dry run. */
  isRehearsal: boolean;
  accounts: Map<string, ModelAccount>;
  transfers: Map<string, ModelTransfer>;
  kept: Map<string, Kept>;
  /** Each key once, in the order of their first use. */
  keyUses: KeyUse[];
  messages: Notification[];
  audit: AuditFacts[];
};

export function anEmptyModel(terms: Terms, now: number): Model {
  return {
    terms,
    now,
    isRehearsal: false,
    accounts: new Map(),
    transfers: new Map(),
    kept: new Map(),
    keyUses: [],
    messages: [],
    audit: [],
  };
}

/** For what may be thrown away, or taken over with `adopt`. */
export function copyOf(model: Model): Model {
  const accounts = [...model.accounts.values()];
  return {
    ...model,
    accounts: new Map(accounts.map((one) => [one.id, { ...one, entries: [...one.entries] }])),
    transfers: new Map(model.transfers),
    kept: new Map(model.kept),
    keyUses: [...model.keyUses],
    messages: [...model.messages],
    audit: [...model.audit],
  };
}

export function adopt(model: Model, copy: Model): void {
  Object.assign(model, copy);
}

/** By id, which is the order of opening. */
export function accountsOf(model: Model, ownerId: string): readonly ModelAccount[] {
  return [...model.accounts.values()].filter((account) => account.ownerId === ownerId).sort(byId);
}

export function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : 1;
}

/** After the account's first `count` entries; after all of them unless said. */
export function countersOf(account: ModelAccount, count = account.entries.length): Counters {
  return account.entries[count - 1]?.after ?? account.opening;
}

/** Assets and expenses grow by debits, all else by credits. */
export function raisedBy(account: ModelAccount): Side {
  return account.class === 'asset' || account.class === 'expense' ? 'debit' : 'credit';
}

export function fundsOf(account: ModelAccount, counters = countersOf(account)) {
  const byDebits = raisedBy(account) === 'debit';
  const net = counters.debitsPosted - counters.creditsPosted;
  const balance = byDebits ? net : -net;
  const held = byDebits ? counters.creditsPending : counters.debitsPending;
  const awaited = byDebits ? counters.debitsPending : counters.creditsPending;
  return { counters, balance, held, available: balance - held, awaited };
}

export function balancesOf(account: ModelAccount, counters?: Counters): ModelBalances {
  const { balance, held, available } = fundsOf(account, counters);
  return { accountId: account.id, balance, held, available };
}

export function latestInstantOf(account: ModelAccount): number {
  return account.entries.at(-1)?.at ?? account.openedAt;
}

export function sumOf(legs: readonly { readonly amount: bigint }[]): bigint {
  return legs.reduce((sum, { amount }) => sum + amount, 0n);
}

export function legsOn(side: Side, { legs }: ModelTransfer): readonly ModelLeg[] {
  return legs.filter(({ direction }) => direction === side);
}

/** How much of a leg was given back. */
export function reversedOf({ accountId }: ModelLeg, { reversals }: ModelTransfer): bigint {
  return sumOf(reversals.flat().filter((leg) => leg.accountId === accountId));
}

/** The status at an instant: a hold that is due counts as expired, whether or not its expiry is written. */
export function statusAt({ status, expiresAt }: ModelTransfer, now: number): TransferStatus {
  return status === 'pending' && expiresAt !== null && expiresAt <= now ? 'expired' : status;
}

/** What expires first comes first. */
export function pendingHoldsOn(model: Model, accountId: string): readonly ModelTransfer[] {
  return [...model.transfers.values()]
    .filter(({ status, legs }) => status === 'pending' && legs.some((leg) => leg.accountId === accountId))
    .sort((a, b) => Number(a.expiresAt) - Number(b.expiresAt) || byId(a, b));
}

/** A user's keys are their own; the system's belong to the ledger, or to the program that it names. */
export function keyTextOf({ actor, operation, key }: KeyUse): string {
  const owner = actor.kind === 'user' ? ['user', actor.id] : ['system', actor.scope ?? null];
  return JSON.stringify([...owner, operation, key]);
}
