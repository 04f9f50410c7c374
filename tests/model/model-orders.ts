/** How one transfer is made, whatever asks for it: the checks in the order that is promised, and then the changes. */
import { systemAccountId } from '../../src/domain/entities/account.ts';
import type { SystemPurpose } from '../../src/domain/entities/account.ts';
import type { Actor } from '../../src/domain/actor.ts';
import type { RefusalCode } from '../../src/domain/errors.ts';
import { accountsOf, adopt, balancesOf, BOUND, copyOf, COUNTER_BOUND, fundsOf, raisedBy } from './model.ts';
import type { Model, ModelAccount, ModelLeg, ModelTransfer, Side, TransferOutcome } from './model.ts';
import { refused } from './model-answers.ts';
import { notifyOwners } from './model-messages.ts';
import { accountsIn, countersWithoutDue, instantFor, settle, writeStep } from './model-steps.ts';

export type AccountRef =
  | { readonly accountId: string }
  | { readonly purpose: SystemPurpose }
  | { readonly ownerId: string; readonly currency: string };

export type ModelOrder = {
  readonly id: string;
  readonly kind: 'transfer' | 'initial_funds' | 'withdrawal';
  /** Debits first. */
  readonly legs: readonly {
    readonly account: AccountRef;
    readonly direction: Side;
    readonly amount: bigint;
  }[];
  readonly currency: string | null;
  readonly hold: { readonly at: number } | { readonly inSeconds: number } | null;
  readonly description: string | null;
  readonly reference: string | null;
  readonly externalId: string | null;
  readonly metadata: ModelTransfer['metadata'];
};

export type Ordered = { readonly actor: Actor; readonly order: ModelOrder; readonly batchId: string | null };

/** One side of a transfer whose account is known. */
export type Known = { readonly account: ModelAccount; readonly direction: Side; readonly amount: bigint };

/** What a transfer begins with, whatever becomes of it. */
export type Draft = Omit<
  ModelTransfer,
  'status' | 'code' | 'createdAt' | 'completedAt' | 'amountCaptured' | 'reversals'
>;

export function placeOrder(model: Model, ordered: Ordered): TransferOutcome {
  const { actor, order } = ordered;
  const found = identify(model, ordered);
  if ('code' in found) return found.draft ? reject(model, found.draft, found.code) : refused(found.code);

  const { sides } = found;
  const accounts = sides.map(({ account }) => account);
  settle(model, accounts);
  if (isTransferExternalIdTaken(model, order.externalId)) return refused('external_id_taken');
  const at = instantFor(model, accounts);
  const draft = draftOf(ordered, sides, at);
  const code = ruleBroken(model, sides, { actor, currency: order.currency });
  if (code) return reject(model, draft, code);
  if (draft.expiresAt !== null && draft.expiresAt <= at) return reject(model, draft, 'hold_expired');
  return carryOut(model, draft, { actor, sides, at });
}

/** A rejected transfer leaves it to another. */
export function isTransferExternalIdTaken({ transfers }: Model, externalId: string | null): boolean {
  if (externalId === null) return false;
  return [...transfers.values()].some((one) => one.externalId === externalId && one.status !== 'rejected');
}

/** Every rule allows it. The bank's own accounts are made with the first transfer that needs them. */
export function carryOut(
  model: Model,
  draft: Draft,
  { actor, sides, at }: { actor: Actor; sides: readonly Known[]; at: number },
): TransferOutcome {
  const isHold = draft.expiresAt !== null;
  for (const { account } of sides) model.accounts.set(account.id, account);
  const transfer: ModelTransfer = {
    ...draft,
    ...FRESH,
    status: isHold ? 'pending' : 'completed',
    code: null,
    createdAt: at,
    completedAt: isHold ? null : at,
  };
  return made(model, writeStep(model, transfer, { step: isHold ? 'held' : 'completed', at }), { actor, at });
}

/** Notifies the owners. The answer has the balances of the actor's accounts; for the system, of the bank's own. */
export function made(
  model: Model,
  transfer: ModelTransfer,
  { actor, at, isNotified = true }: { actor: Actor; at: number; isNotified?: boolean },
): TransferOutcome {
  if (isNotified) notifyOwners(model, transfer, at);
  const callerId = actor.kind === 'user' ? actor.id : null;
  const own = accountsIn(model, transfer).filter(({ ownerId }) => ownerId === callerId);
  return {
    made: transfer,
    balances: own.map((account) => balancesOf(account, countersWithoutDue(model, account))),
  };
}

/** Kept with its code, without entries. */
export function reject(model: Model, draft: Draft, code: RefusalCode): TransferOutcome {
  const rejected: ModelTransfer = {
    ...draft,
    ...FRESH,
    status: 'rejected',
    code,
    createdAt: model.now,
    completedAt: null,
  };
  model.transfers.set(rejected.id, rejected);
  return refused(code, rejected);
}

const FRESH = { amountCaptured: null, reversals: [] };

/** All of them or none: where one is refused, the others are told that, and nothing of them is done. */
export function placeLinked(model: Model, all: readonly Ordered[]): readonly TransferOutcome[] {
  const attempt = copyOf(model);
  const members: TransferOutcome[] = [];
  for (const ordered of all) {
    const member = placeOrder(attempt, ordered);
    members.push(member);
    if ('code' in member) break;
  }
  const culprit = members.at(-1);
  if (!culprit || !('code' in culprit)) {
    adopt(model, attempt);
    return members;
  }

  return all.map((ordered, index) => {
    if (index !== members.length - 1) return failWithOthers(model, ordered);
    if (culprit.rejected) model.transfers.set(culprit.rejected.id, culprit.rejected);
    return culprit;
  });
}

/** It is kept too, unless an account of it was not found. */
function failWithOthers(model: Model, ordered: Ordered): TransferOutcome {
  const code = 'linked_transfer_failed';
  const found = identify(model, ordered);
  const draft = 'code' in found ? found.draft : draftOf(ordered, found.sides, model.now);
  return draft ? reject(model, draft, code) : refused(code);
}

type Identified =
  | { readonly sides: readonly Known[] }
  | { readonly code: RefusalCode; readonly draft: Draft | null };

/** The accounts, or why they cannot be: two are one, or one is not there for the actor. */
function identify(model: Model, ordered: Ordered): Identified {
  const { actor, order } = ordered;
  const isRepeated = (ids: readonly string[]) => ids.some((id, index) => ids.indexOf(id) !== index);
  const named = order.legs.flatMap(({ account }) => ('accountId' in account ? [account.accountId] : []));
  if (isRepeated(named))
    return { code: 'accounts_must_be_different', draft: draftOf(ordered, [], model.now) };

  const sides: Known[] = [];
  for (const { account: ref, direction, amount } of order.legs) {
    const opposite = order.legs.find((leg) => leg.direction !== direction)?.account;
    const account = find(model, ref, opposite);
    // The bank's own is always there: what is missing is the account on the other side of it
    const missing = account ? direction : 'purpose' in ref ? other(direction) : direction;
    if (!account || !mayUse(account, { actor, order, direction })) {
      return {
        code: missing === 'debit' ? 'source_account_not_found' : 'destination_account_not_found',
        draft: null,
      };
    }
    sides.push({ account, direction, amount });
  }
  return isRepeated(sides.map(({ account }) => account.id))
    ? { code: 'accounts_must_be_different', draft: draftOf(ordered, sides, model.now) }
    : { sides };
}

function other(side: Side): Side {
  return side === 'debit' ? 'credit' : 'debit';
}

function mayUse(
  { ownerId }: ModelAccount,
  { actor, order, direction }: { actor: Actor; order: ModelOrder; direction: Side },
): boolean {
  const isCustomers = ownerId !== null;
  if (order.kind === 'withdrawal' && direction === 'debit') return isCustomers;
  if (order.kind === 'initial_funds' && direction === 'credit') return isCustomers;
  if (actor.kind === 'system') return true;
  return direction === 'debit' ? ownerId === actor.id : isCustomers;
}

function find(model: Model, ref: AccountRef, opposite?: AccountRef): ModelAccount | undefined {
  if ('accountId' in ref) return model.accounts.get(ref.accountId);
  if ('ownerId' in ref) {
    const active = accountsOf(model, ref.ownerId).filter(({ status }) => status === 'active');
    return active.find(({ currency }) => currency === ref.currency);
  }
  const across = opposite && find(model, opposite);
  if (!across) return undefined;
  const id = systemAccountId(ref.purpose, across.currency);
  return model.accounts.get(id) ?? ofTheBank(model, id, { ...ref, currency: across.currency });
}

function ofTheBank(
  { now }: Model,
  id: string,
  { purpose, currency }: { purpose: SystemPurpose; currency: string },
): ModelAccount {
  return {
    id,
    ownerId: null,
    purpose,
    number: null,
    externalId: null,
    name: null,
    metadata: null,
    currency,
    class: 'asset',
    openedAt: now,
    opening: { debitsPosted: 0n, creditsPosted: 0n, debitsPending: 0n, creditsPending: 0n },
    status: 'active',
    creditsFrozen: false,
    minimumBalance: null,
    maximumBalance: null,
    entries: [],
  };
}

/** Where its accounts are not known, it is kept as it was typed. */
function draftOf({ actor, order, batchId }: Ordered, sides: readonly Known[], at: number): Draft {
  const { id, kind, hold, description, reference, externalId, metadata } = order;
  const typed = order.legs.map(({ account, direction, amount }): ModelLeg => {
    return { accountId: 'accountId' in account ? account.accountId : '', ownerId: null, direction, amount };
  });
  return {
    id,
    kind,
    legs: sides.length === 0 ? typed : sides.map(legOf),
    currency: sides[0]?.account.currency ?? null,
    ...madeBy(actor),
    description,
    reference,
    externalId,
    metadata,
    expiresAt: hold && ('at' in hold ? hold.at : at + hold.inSeconds * 1000),
    reverses: null,
    batchId,
  };
}

export function madeBy(actor: Actor): Pick<ModelTransfer, 'initiator' | 'payerName'> {
  return {
    initiator: { kind: actor.kind, id: actor.id ?? null },
    payerName: actor.kind === 'user' ? (actor.name ?? null) : null,
  };
}

export function legOf({ account: { id, ownerId }, direction, amount }: Known): ModelLeg {
  return { accountId: id, ownerId, direction, amount };
}

/** The first check that fails, in the order that is promised. */
export function ruleBroken(
  model: Model,
  sides: readonly Known[],
  { actor, currency }: { actor: Actor; currency: string | null },
): RefusalCode | undefined {
  const sources = sides.filter(({ direction }) => direction === 'debit').map(({ account }) => account);
  const destinations = sides.filter(({ direction }) => direction === 'credit').map(({ account }) => account);
  const moved = currency ?? sources[0]?.currency;
  const isLookedAt = ({ direction, account }: Known) =>
    direction === 'debit' || !model.isRehearsal || actor.kind === 'system' || account.ownerId === actor.id;
  const broken = sides.filter(isLookedAt).map(limitsBroken);
  const checks: readonly (readonly [code: RefusalCode, fails: boolean])[] = [
    ['source_account_closed', sources.some(({ status }) => status === 'closed')],
    ['destination_account_closed', destinations.some(({ status }) => status === 'closed')],
    ['source_account_frozen', sources.some(({ status }) => status === 'frozen')],
    ['destination_account_frozen', destinations.some(refusesCredits)],
    ['currency_mismatch', sides.some(({ account }) => account.currency !== moved)],
    ['insufficient_funds', broken.some(({ minimum }) => minimum)],
    ['exceeds_maximum_balance', broken.some(({ maximum }) => maximum)],
    ['amount_overflow', broken.some(({ bound }) => bound)],
  ];
  return checks.find(([, fails]) => fails)?.[0];
}

export function refusesCredits({ status, creditsFrozen }: ModelAccount): boolean {
  return status === 'frozen' && creditsFrozen;
}

/** Which limits the amount on this side would break, all that is pending counted against it. */
function limitsBroken({ account, direction, amount }: Known) {
  const { counters, balance, available, awaited } = fundsOf(account);
  const raises = raisedBy(account) === direction;
  const after = raises ? balance + awaited + amount : available - amount;
  // What is held is to be posted one day, and nothing is checked then
  const counter =
    (direction === 'debit'
      ? counters.debitsPosted + counters.debitsPending
      : counters.creditsPosted + counters.creditsPending) + amount;
  return {
    minimum: !raises && account.minimumBalance !== null && after < account.minimumBalance,
    maximum: raises && account.maximumBalance !== null && after > account.maximumBalance,
    bound: after > BOUND || after < -BOUND || counter > COUNTER_BOUND,
  };
}
