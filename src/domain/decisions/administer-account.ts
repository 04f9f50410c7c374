import { Account } from '../entities/account.ts';
import { owns } from '../actor.ts';
import { followAudit, metadataDigest } from '../integrity/audit-log.ts';
import type { AuditAction, AuditRecord } from '../integrity/audit-log.ts';
import type { Digest } from '../integrity/hash-chain.ts';
import { WorkingBooks } from '../books/working-books.ts';
import type {
  CloseCommand,
  DescribeCommand,
  FreezeCommand,
  LimitCommand,
  OpenAccountCommand,
  RenameCommand,
  UnfreezeCommand,
} from '../books/command.ts';
import type { DecisionContext } from './decision-context.ts';
import { makeTransfer } from './make-transfer.ts';
import { MORE_IS_DUE, NUMBER_IS_TAKEN } from '../books/outcome.ts';
import type { Outcome } from '../books/outcome.ts';
import { refuse, released, settledAccount } from './post-step.ts';

type AdministrationCommand =
  | OpenAccountCommand
  | RenameCommand
  | FreezeCommand
  | UnfreezeCommand
  | LimitCommand
  | DescribeCommand
  | CloseCommand;

/** Performs a command on an account itself. Every change of status or limit is recorded in the audit log. */
export function administer(
  books: WorkingBooks,
  command: AdministrationCommand,
  context: DecisionContext,
): Outcome {
  if (command.type === 'open_account') return open(books, command, context);
  const account = settledAccount(books, command.accountId, context);
  if (!account || !mayAdminister(command, account)) return refuse('account_not_found');
  if (command.type === 'close') return close(books, account, command, context);
  if (account.status === 'closed') return refuse('already_closed');

  switch (command.type) {
    case 'rename': {
      const renamed = account.rename(command.name);
      books.keepAccount(renamed);
      return { kind: 'changed', account: released(books, renamed, context) };
    }
    case 'freeze':
      return change(books, account, account.freeze({ credits: command.credits }), { command, context });
    case 'unfreeze':
      return change(books, account, account.unfreeze(), { command, context });
    case 'limit':
      return change(books, account, account.limit(command), { command, context });
    case 'describe':
      return change(books, account, account.describe(command.metadata), { command, context });
    default:
      return command satisfies never;
  }
}

/**
 * Customers rename, describe and close their own accounts; only the system freezes and limits. System accounts never
 * change.
 */
function mayAdminister(
  { type, actor }: Exclude<AdministrationCommand, OpenAccountCommand>,
  account: Account,
): boolean {
  if (account.ownerId === null) return false;
  switch (type) {
    case 'rename':
      return owns(actor, account);
    case 'close':
    case 'describe':
      return actor.kind === 'system' || owns(actor, account);
    case 'freeze':
    case 'unfreeze':
    case 'limit':
      return actor.kind === 'system';
    default:
      return type satisfies never;
  }
}

function open(books: WorkingBooks, command: OpenAccountCommand, { now }: DecisionContext): Outcome {
  const { ownerId, number, externalId, accountLimit } = command;
  if (accountLimit !== null && books.accountCount(ownerId) >= accountLimit)
    return refuse('account_limit_reached');
  if (externalId !== null && books.isTaken({ kind: 'account_external_id', value: externalId }))
    return refuse('external_id_taken');
  if (books.isTaken({ kind: 'account_number', value: number })) return NUMBER_IS_TAKEN;

  const account = Account.open({ ...command, at: now });
  books.keepAccount(account);
  return { kind: 'opened', account };
}

function close(
  books: WorkingBooks,
  account: Account,
  command: CloseCommand,
  context: DecisionContext,
): Outcome {
  if (account.status === 'closed') return refuse('already_closed');
  if (account.refuses('debit') && command.actor.kind !== 'system') return refuse('source_account_frozen');
  const canSweep = account.balance > 0n && command.sweep !== null;
  if (account.balance !== 0n && !canSweep) return refuse('balance_not_zero');
  const { held, incoming } = released(books, account, context);
  if (held > 0n || incoming > 0n) return refuse('holds_outstanding');
  // Before an account closes, all due expiries must also be written to its book
  if (account.held > 0n || account.incoming > 0n) return MORE_IS_DUE;
  if (account.balance === 0n || command.sweep === null) {
    return change(books, account, account.close(), { command, context });
  }

  const attempt = new WorkingBooks(books);
  const swept = sweep(attempt, account, { command, sweep: command.sweep }, context);
  if (swept.kind === 'refused') return refuse(swept.code);
  books.adopt(attempt.changes());
  const empty = books.account(account.id) ?? account;
  return change(books, account, empty.limit(account).close(), { command, context });
}

/** Moves the remaining balance to another account of the same owner. The minimum balance does not apply. */
function sweep(
  books: WorkingBooks,
  account: Account,
  { command, sweep: to }: { command: CloseCommand; sweep: NonNullable<CloseCommand['sweep']> },
  context: DecisionContext,
): Outcome {
  if (books.account(to.accountId)?.ownerId !== account.ownerId)
    return refuse('destination_account_not_found');

  const { maximumBalance, balance: amount } = account;
  books.keepAccount(account.limit({ minimumBalance: 0n, maximumBalance }));
  const instruction = {
    id: to.id,
    salt: to.salt,
    kind: 'transfer',
    legs: [
      { account: { accountId: account.id }, direction: 'debit', amount },
      { account: { accountId: to.accountId }, direction: 'credit', amount },
    ],
    currency: null,
    hold: null,
    description: null,
    reference: null,
    externalId: null,
    metadata: null,
  } as const;
  return makeTransfer(books, { actor: command.actor, instruction, batchId: null }, context);
}

const ACTION: Readonly<Record<AuditedCommand['type'], AuditAction>> = {
  freeze: 'account_frozen',
  unfreeze: 'account_unfrozen',
  limit: 'account_limited',
  describe: 'account_metadata_changed',
  close: 'account_closed',
};

type AuditedCommand = FreezeCommand | UnfreezeCommand | LimitCommand | DescribeCommand | CloseCommand;

const AUDITED = ['status', 'creditsFrozen', 'minimumBalance', 'maximumBalance'] as const;

/** Stores the changed account, and records actor, time, reason and changed fields in the audit log. */
function change(
  books: WorkingBooks,
  before: Account,
  after: Account,
  { command, context }: { command: AuditedCommand; context: DecisionContext },
): Outcome {
  books.keepAccount(after);
  const facts = {
    at: context.now,
    actor: { kind: command.actor.kind, id: command.actor.id ?? null },
    action: ACTION[command.type],
    accountId: before.id,
    transferId: null,
    reason: command.reason,
    changes: [
      ...AUDITED.filter((field) => before[field] !== after[field]).map(
        (field) => [field, asText(before[field]), asText(after[field])] as const,
      ),
      ...metadataChanges(before, after, context.digest),
    ],
  };
  books.keepAudit(followAudit(books.auditHead(), facts, context.digest));
  return { kind: 'changed', account: released(books, after, context) };
}

function asText(value: string | bigint | boolean | null): string | null {
  return value === null ? null : value.toString();
}

/** Returns the changed pairs, with digests of their values. */
function metadataChanges(before: Account, after: Account, digest: Digest): AuditRecord['changes'] {
  const keys = new Set([...Object.keys(before.metadata ?? {}), ...Object.keys(after.metadata ?? {})]);
  return [...keys].sort().flatMap((key) => {
    const [from, to] = [metadataDigest(before, key, digest), metadataDigest(after, key, digest)];
    return from === to ? [] : [[`metadata.${key}`, from, to] as const];
  });
}
