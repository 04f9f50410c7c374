import { Account } from './account.ts';
import type { LimitCode } from './account.ts';
import { owns } from './actor.ts';
import type { Actor } from './actor.ts';
import { WorkingBooks } from './books.ts';
import type { Books, Decision } from './books.ts';
import { sealTransfer } from './chain.ts';
import type { Digest } from './chain.ts';
import type { Command, InitialFundsCommand, OpenAccountCommand, TransferCommand } from './command.ts';
import type { RefusalCode } from './errors.ts';
import { firstDifference } from './idempotency.ts';
import { lastFour } from './message.ts';
import type { TransferMessage } from './message.ts';
import type { Answer, Balances, Outcome } from './outcome.ts';
import type { Instant } from './time.ts';
import { Transfer } from './transfer.ts';
import type { Leg, TransferFacts } from './transfer.ts';

export type DecisionContext = {
  readonly now: Instant;
  readonly digest: Digest;
  /** Whether owners are sent messages; an embedder without users of ours wants none. */
  readonly notify: boolean;
};

/**
 * The bank in one function: what these commands, in their order, do to these books, or which rule refuses each.
 * Pure and synchronous; a store may run it any number of times, and only the run that it commits counts.
 */
export function decide(
  books: Books,
  commands: readonly Command[],
  context: DecisionContext,
): Decision<readonly Answer[]> {
  const working = new WorkingBooks(books);
  const result = commands.map((command) => answer(working, command, context));
  return { result, changes: working.changes() };
}

function answer(books: WorkingBooks, command: Command, context: DecisionContext): Answer {
  const { key, request } = command;
  const kept = key && books.record(key);
  if (kept) {
    const field = firstDifference(kept.request, request);
    return field === undefined ? { replayed: true, outcome: kept.outcome } : { conflict: { field } };
  }

  const outcome = perform(books, command, context);
  if (key) books.keepRecord({ ...key, request, outcome, at: context.now });
  return { replayed: false, outcome };
}

function perform(books: WorkingBooks, command: Command, context: DecisionContext): Outcome {
  switch (command.type) {
    case 'transfer':
      return transfer(books, command, context);
    case 'initial_funds':
      return initialFunds(books, command, context);
    case 'open_account':
      return openAccount(books, command, context);
    default:
      return command satisfies never;
  }
}

function transfer(books: WorkingBooks, command: TransferCommand, context: DecisionContext): Outcome {
  const { actor, sourceAccountId, destinationAccountId } = command;
  if (sourceAccountId === destinationAccountId) {
    const unseen = { sourceAccountId, destinationAccountId, source: undefined, destination: undefined };
    return reject(books, factsOf(command, unseen), 'accounts_must_be_different', context);
  }
  const source = books.account(sourceAccountId);
  if (!source || !mayDebit(actor, source)) return refuse('source_account_not_found');
  const destination = books.account(destinationAccountId);
  if (!destination || !mayCredit(actor, destination)) return refuse('destination_account_not_found');

  return move(books, command, { source, destination }, context);
}

function initialFunds(books: WorkingBooks, command: InitialFundsCommand, context: DecisionContext): Outcome {
  const { destination: to } = command;
  const destination = 'accountId' in to ? books.account(to.accountId) : books.oldestActive(to);
  if (!destination || destination.ownerId === null) return refuse('destination_account_not_found');

  const { currency, exponent } = destination;
  const fresh = Account.openSystem({ purpose: 'funding', currency, exponent, at: context.now });
  const source = books.account(fresh.id) ?? fresh;
  return move(books, command, { source, destination }, context);
}

function openAccount(books: WorkingBooks, command: OpenAccountCommand, { now }: DecisionContext): Outcome {
  const { id, ownerId, currency, name, accountLimit } = command;
  if (accountLimit !== null && books.accountCount(ownerId) >= accountLimit)
    return refuse('account_limit_reached');

  const account = Account.open({ id, ownerId, currency, name, at: now });
  books.open(account);
  return { kind: 'opened', account };
}

type Parties = { readonly source: Account; readonly destination: Account };

/** Checks the rules that need both accounts, in the order that is promised; then makes all changes. */
function move(
  books: WorkingBooks,
  command: TransferCommand | InitialFundsCommand,
  { source, destination }: Parties,
  context: DecisionContext,
): Outcome {
  const facts = factsOf(command, {
    sourceAccountId: source.id,
    destinationAccountId: destination.id,
    source,
    destination,
  });
  const code = ruleBroken({ source, destination }, command);
  if (code) return reject(books, facts, code, context);

  const at = Math.max(context.now, source.latestAt, destination.latestAt);
  const made = Transfer.complete(facts, at);
  const posting = { at, seal: sealTransfer(made, context.digest), digest: context.digest };
  const after = new Map<string, Account>();
  for (const leg of made.legs) {
    const account = leg.accountId === source.id ? source : destination;
    const posted = account.post(leg, made, posting);
    books.append(posted.account, posted.entry);
    after.set(leg.accountId, posted.account);
  }
  books.keepTransfer(made);
  if (context.notify) for (const message of messagesOf(made, source, after)) books.send(message);
  return {
    kind: 'transferred',
    transfer: made,
    balances: [...after.values()]
      .filter((account) => account.ownerId === (command.actor.kind === 'user' ? command.actor.id : null))
      .map(balancesOf),
  };
}

function ruleBroken(
  { source, destination }: Parties,
  { amount, currency }: { amount: bigint; currency: string | null },
): RefusalCode | undefined {
  if (source.status === 'closed') return 'source_account_closed';
  if (destination.status === 'closed') return 'destination_account_closed';
  if (source.refuses('debit')) return 'source_account_frozen';
  if (destination.refuses('credit')) return 'destination_account_frozen';
  if (source.currency !== destination.currency) return 'currency_mismatch';
  if (currency !== null && currency !== source.currency) return 'currency_mismatch';

  const broken = [source.limitBrokenBy('debit', amount), destination.limitBrokenBy('credit', amount)];
  return LIMIT_ORDER.find((code) => broken.includes(code));
}

const LIMIT_ORDER: readonly LimitCode[] = [
  'insufficient_funds',
  'exceeds_maximum_balance',
  'amount_overflow',
];

function mayDebit(actor: Actor, account: Account): boolean {
  return actor.kind === 'system' || owns(actor, account);
}

/** Customers can neither see nor credit a system account. */
function mayCredit(actor: Actor, account: Account): boolean {
  return actor.kind === 'system' || account.ownerId !== null;
}

function refuse(code: RefusalCode): Outcome {
  return { kind: 'refused', code, transfer: null };
}

function reject(
  books: WorkingBooks,
  facts: TransferFacts,
  code: RefusalCode,
  { now }: DecisionContext,
): Outcome {
  const rejected = Transfer.reject(facts, code, now);
  books.keepTransfer(rejected);
  return { kind: 'refused', code, transfer: rejected };
}

function factsOf(
  command: TransferCommand | InitialFundsCommand,
  between: {
    sourceAccountId: string;
    destinationAccountId: string;
    source: Account | undefined;
    destination: Account | undefined;
  },
): TransferFacts {
  const { id, salt, actor, amount } = command;
  const { source, destination } = between;
  const legs: readonly Leg[] = [
    { accountId: between.sourceAccountId, ownerId: source?.ownerId ?? null, direction: 'debit', amount },
    {
      accountId: between.destinationAccountId,
      ownerId: destination?.ownerId ?? null,
      direction: 'credit',
      amount,
    },
  ];
  return {
    id,
    kind: command.type,
    legs,
    currency: source?.currency ?? null,
    exponent: source?.exponent ?? null,
    initiator: { kind: actor.kind, id: actor.id ?? null },
    payerName: actor.kind === 'user' ? (actor.name ?? null) : null,
    description: command.description,
    metadata: command.type === 'transfer' ? command.metadata : null,
    salt,
  };
}

export function balancesOf(account: Account): Balances {
  const { id, balance, held, available } = account;
  return { accountId: id, balance, held, available };
}

/** One message for each owner, with their own balance after the transfer; an owner of both sides gets one. */
function messagesOf(
  made: Transfer,
  { currency, exponent }: Account,
  after: ReadonlyMap<string, Account>,
): readonly TransferMessage[] {
  const payer = made.source.ownerId;
  const payee = made.destination.ownerId;
  const shared = {
    at: made.createdAt,
    transferId: made.id,
    amount: made.amount,
    currency,
    exponent,
    description: made.description,
  };
  const between = payer !== null && payer === payee;
  const messages: TransferMessage[] = [];
  if (payer !== null) {
    messages.push({
      ...shared,
      id: `${made.id}.sent`,
      kind: between ? 'transfer_between_own_accounts' : 'transfer_sent',
      recipientId: payer,
      counterparty: { name: null, account: made.destination.accountId },
      balances: balancesAfter(between ? made.legs : [made.source]),
    });
  }
  if (payee !== null && !between) {
    messages.push({
      ...shared,
      id: `${made.id}.received`,
      kind: made.kind === 'initial_funds' ? 'initial_funds_received' : 'transfer_received',
      recipientId: payee,
      counterparty: {
        name: made.payerName,
        account: payer === null ? null : lastFour(made.source.accountId),
      },
      balances: balancesAfter([made.destination]),
    });
  }
  return messages;

  function balancesAfter(legs: readonly Leg[]): TransferMessage['balances'] {
    return legs.flatMap(({ accountId }) => {
      const account = after.get(accountId);
      return account ? [{ accountId, balance: account.balance }] : [];
    });
  }
}
