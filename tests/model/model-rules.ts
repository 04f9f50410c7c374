import type { Actor } from '../../src/domain/actor.ts';
import { systemAccountId } from '../../src/domain/account.ts';
import type { ErrorCode, RefusalCode } from '../../src/domain/errors.ts';
import type { Message } from '../../src/domain/message.ts';
import { balancesOf, BOUND, COUNTER_BOUND, findAccount, fundsOf, keyTextOf } from './model.ts';
import { latestInstantOf, raisedBy } from './model.ts';
import type {
  KeyUse,
  Model,
  ModelAccount,
  ModelAnswer,
  ModelTransfer,
  RequestFields,
  Side,
} from './model.ts';
import { codeFor, viewTransfer } from './model-views.ts';

/** Refusals that another attempt, which must be another attempt, may not meet again. */
const MAY_SUCCEED_LATER: readonly ErrorCode[] = [
  'source_account_frozen',
  'destination_account_frozen',
  'insufficient_funds',
  'exceeds_maximum_balance',
  'amount_overflow',
  'account_limit_reached',
  'destination_account_unavailable',
];

export function refused(code: ErrorCode, transferId: string | null = null): ModelAnswer {
  const retry = MAY_SUCCEED_LATER.includes(code) ? 'new_key' : 'never';
  return { ok: false, replayed: false, code, retry, transferId };
}

/** The same key and request give the same answer; another request is told the first field that differs. */
export function once(
  model: Model,
  { use, fields }: { use: KeyUse | null; fields: RequestFields },
  perform: () => ModelAnswer,
): ModelAnswer {
  if (!use) return perform();
  const kept = model.kept.get(keyTextOf(use));
  if (!kept) {
    const answer = perform();
    model.kept.set(keyTextOf(use), { fields, answer, at: model.now });
    model.keyUses.push(use);
    return answer;
  }

  const differing = fields.find(([field, value]) => new Map(kept.fields).get(field) !== value);
  if (differing) return { ...refused('idempotency_key_reused'), field: differing[0] };
  return { ...kept.answer, replayed: true };
}

/** What a transfer begins with, whatever becomes of it. */
type Draft = {
  readonly id: string;
  readonly kind: ModelTransfer['kind'];
  readonly actor: Actor;
  readonly amount: bigint;
  readonly currency: string | null;
  readonly description: string | null;
  readonly metadata: Readonly<Record<string, string>> | null;
};

export function transferBetween(
  model: Model,
  draft: Draft,
  { sourceId, destinationId }: { sourceId: string; destinationId: string },
): ModelAnswer {
  const { actor } = draft;
  if (sourceId === destinationId) {
    const unknown = { accountId: sourceId, ownerId: null };
    return reject(model, draft, {
      source: unknown,
      destination: unknown,
      currency: null,
      code: 'accounts_must_be_different',
    });
  }
  const source = findAccount(model, sourceId);
  if (!source || (actor.kind === 'user' && source.ownerId !== actor.id)) {
    return refused('source_account_not_found');
  }
  const destination = findAccount(model, destinationId);
  if (!destination || (actor.kind === 'user' && destination.ownerId === null)) {
    return refused('destination_account_not_found');
  }
  return move(model, draft, { source, destination });
}

/** From the bank's funding account, which is made with the first transfer that needs it. */
export function bringIn(model: Model, draft: Draft, destination: ModelAccount | undefined): ModelAnswer {
  if (!destination || destination.ownerId === null) return refused('destination_account_not_found');

  const id = systemAccountId('funding', destination.currency);
  const source = findAccount(model, id) ?? aFundingAccount(model, id, destination.currency);
  const answer = move(model, draft, { source, destination });
  if (answer.ok && !model.accounts.includes(source)) model.accounts.push(source);
  return answer;
}

function aFundingAccount(model: Model, id: string, currency: string): ModelAccount {
  return {
    id,
    ownerId: null,
    purpose: 'funding',
    name: null,
    currency,
    class: 'asset',
    openedAt: model.now,
    opening: { debitsPosted: 0n, creditsPosted: 0n, debitsPending: 0n, creditsPending: 0n },
    status: 'active',
    creditsFrozen: false,
    minimumBalance: null,
    maximumBalance: null,
    entries: [],
  };
}

type Parties = { readonly source: ModelAccount; readonly destination: ModelAccount };

function move(model: Model, draft: Draft, { source, destination }: Parties): ModelAnswer {
  const { currency } = source;
  const code = refusalOf(draft, { source, destination });
  if (code)
    return reject(model, draft, {
      source: partyOf(source),
      destination: partyOf(destination),
      currency,
      code,
    });

  const at = Math.max(model.now, latestInstantOf(source), latestInstantOf(destination));
  const { id: transferId, amount } = draft;
  source.entries.push({ transferId, side: 'debit', amount, at });
  destination.entries.push({ transferId, side: 'credit', amount, at });
  const made = keep(model, draft, {
    source: partyOf(source),
    destination: partyOf(destination),
    currency,
    code: null,
    at,
  });
  if (model.terms.notify) model.messages.push(...messagesOf(made, { source, destination }));
  const callerId = draft.actor.kind === 'user' ? draft.actor.id : null;
  return {
    ok: true,
    replayed: false,
    transfer: viewTransfer(made, draft.actor),
    balances: [source, destination].filter(({ ownerId }) => ownerId === callerId).map(balancesOf),
  };
}

/** The first check that fails, in the order that is promised. */
function refusalOf({ amount, currency }: Draft, { source, destination }: Parties): RefusalCode | undefined {
  const debited = brokenBy('debit', { account: source, amount });
  const credited = brokenBy('credit', { account: destination, amount });
  const checks: readonly (readonly [code: RefusalCode, fails: boolean])[] = [
    ['source_account_closed', source.status === 'closed'],
    ['destination_account_closed', destination.status === 'closed'],
    ['source_account_frozen', source.status === 'frozen'],
    ['destination_account_frozen', destination.status === 'frozen' && destination.creditsFrozen],
    ['currency_mismatch', source.currency !== destination.currency],
    ['currency_mismatch', currency !== null && currency !== source.currency],
    ['insufficient_funds', debited.minimum || credited.minimum],
    ['exceeds_maximum_balance', debited.maximum || credited.maximum],
    ['amount_overflow', debited.bound || credited.bound],
  ];
  return checks.find(([, fails]) => fails)?.[0];
}

/** Which limits an amount more on this side would break, all that is pending counted against it. */
function brokenBy(side: Side, { account, amount }: { account: ModelAccount; amount: bigint }) {
  const { counters, balance, available, awaited } = fundsOf(account);
  const raises = raisedBy(account) === side;
  const after = raises ? balance + awaited + amount : available - amount;
  // What is held is to be posted one day, and nothing is checked then
  const counter =
    (side === 'debit'
      ? counters.debitsPosted + counters.debitsPending
      : counters.creditsPosted + counters.creditsPending) + amount;
  return {
    minimum: !raises && account.minimumBalance !== null && after < account.minimumBalance,
    maximum: raises && account.maximumBalance !== null && after > account.maximumBalance,
    bound: after > BOUND || after < -BOUND || counter > COUNTER_BOUND,
  };
}

function partyOf({ id, ownerId }: ModelAccount) {
  return { accountId: id, ownerId };
}

type Ending = Pick<ModelTransfer, 'source' | 'destination' | 'currency' | 'code' | 'at'>;

/** Kept with its code, without entries. */
function reject(
  model: Model,
  draft: Draft,
  ending: Omit<Ending, 'at' | 'code'> & { code: RefusalCode },
): ModelAnswer {
  const kept = keep(model, draft, { ...ending, at: model.now });
  return refused(codeFor(draft.actor, ending.code, kept.destination.ownerId), kept.id);
}

function keep(model: Model, draft: Draft, ending: Ending): ModelTransfer {
  const { id, kind, actor, amount, description, metadata } = draft;
  const transfer: ModelTransfer = {
    ...ending,
    id,
    kind,
    amount,
    initiator: { kind: actor.kind, id: actor.id ?? null },
    payerName: actor.kind === 'user' ? (actor.name ?? null) : null,
    description,
    metadata,
  };
  model.transfers.push(transfer);
  return transfer;
}

/** Each owner hears of it once, with their own balance after it. */
function messagesOf(made: ModelTransfer, { source, destination }: Parties): readonly Message[] {
  const shared = {
    at: made.at,
    transferId: made.id,
    amount: made.amount,
    currency: source.currency,
    exponent: viewTransfer(made, { kind: 'system' }).exponent ?? 0,
    description: made.description,
    reverses: null,
    expiresAt: null,
  };
  const balanceOf = (account: ModelAccount) => ({ accountId: account.id, balance: fundsOf(account).balance });
  const { initiator } = made;
  const isTyped = initiator.kind === 'user' && initiator.id === source.ownerId;
  const shown = isTyped ? destination.id : destination.id.slice(-4);
  const typed = { name: null, account: destination.ownerId === null ? null : shown };
  const messages: Message[] = [];
  if (source.ownerId !== null && source.ownerId === destination.ownerId) {
    messages.push({
      ...shared,
      id: `${made.id}.sent`,
      kind: 'transfer_between_own_accounts',
      recipientId: source.ownerId,
      counterparty: typed,
      balances: [balanceOf(source), balanceOf(destination)],
    });
    return messages;
  }
  if (source.ownerId !== null) {
    messages.push({
      ...shared,
      id: `${made.id}.sent`,
      kind: 'transfer_sent',
      recipientId: source.ownerId,
      counterparty: typed,
      balances: [balanceOf(source)],
    });
  }
  if (destination.ownerId !== null) {
    messages.push({
      ...shared,
      id: `${made.id}.received`,
      kind: made.kind === 'initial_funds' ? 'initial_funds_received' : 'transfer_received',
      recipientId: destination.ownerId,
      counterparty: { name: made.payerName, account: source.ownerId === null ? null : source.id.slice(-4) },
      balances: [balanceOf(destination)],
    });
  }
  return messages;
}
