import type { Actor, SystemActor } from '../../domain/actor.ts';
import type { Command } from '../../domain/books/command.ts';
import { scopeOf } from '../../domain/books/idempotency.ts';
import type { Operation } from '../../domain/books/idempotency.ts';
import type { Answer } from '../../domain/books/outcome.ts';
import { invalid } from '../../domain/errors.ts';
import { MAX_AMOUNT, isWithinBound } from '../../domain/money/money.ts';
import type { Metadata } from '../../domain/entities/metadata.ts';
import { canonicalMetadata } from '../../domain/integrity/hash-chain.ts';
import { lookUpNumbers, readAccountId, replaceNumber } from './account-ids.ts';
import type { LedgerReads } from '../ports/ledger-store.ts';
import type { CommandWriter } from '../group-commit.ts';
import type { IdGenerator } from '../ports/runtime.ts';
import {
  ACCOUNT_NAME_MAX_LENGTH,
  REASON_MAX_LENGTH,
  normalise,
  optionalMetadata,
  optionalText,
  requireBigint,
  requireKey,
  requireReason,
} from '../validation.ts';
import { viewAccount, viewConflict, viewRefusal } from '../views.ts';
import type { AccountView, Refused } from '../views.ts';

/** Maximum number of units for one closure: enough for a million holds that expire together. */
const MOST_UNITS = 5_000;

type Ports = { readonly writer: CommandWriter; readonly reads: LedgerReads; readonly ids: IdGenerator };

/** Without a key, each call is a command of its own. */
type Administration = { readonly accountId: string; readonly idempotencyKey?: string };

/** Stored in the audit log; 1 to 280 characters. */
type WithReason = { readonly reason: string };

export type UnfreezeRequest = Administration & WithReason;

export type FreezeRequest = Administration &
  WithReason & {
    /** Whether credits are blocked too. Default: false. */
    readonly credits?: boolean;
  };

export type RenameRequest = { readonly accountId: string; readonly name: string | null };

export type AccountResult =
  | { readonly ok: true; readonly replayed: boolean; readonly account: AccountView }
  | Refused;

/** Sets the owner's name for an account; null removes it. @throws PassbookError `invalid_request`, `unavailable` */
export function renameAccount({ writer, reads }: Ports) {
  return (actor: Actor, request: RenameRequest): Promise<AccountResult> =>
    onAccount(reads, request, (accountId) => {
      const name = optionalText('name', request.name ?? undefined, ACCOUNT_NAME_MAX_LENGTH);
      return submit(writer, {
        type: 'rename',
        actor,
        accountId,
        name,
        reason: null,
        key: null,
        request: normalise({}),
      });
    });
}

/** Stops debits, and optionally credits. @throws PassbookError `invalid_request`, `unavailable`, `outcome_unknown` */
export function freezeAccount({ writer, reads }: Ports) {
  return (actor: SystemActor, request: FreezeRequest): Promise<AccountResult> =>
    onAccount(reads, request, (accountId) => {
      const { credits = false } = request;
      const reason = requireReason(request.reason);
      return submit(writer, {
        type: 'freeze',
        ...keyed(actor, 'freeze_account', request.idempotencyKey),
        accountId,
        credits,
        reason,
        request: normalise({ accountId, credits: credits.toString(), reason }),
      });
    });
}

/** @throws PassbookError `invalid_request`, `unavailable`, `outcome_unknown` */
export function unfreezeAccount({ writer, reads }: Ports) {
  return (actor: SystemActor, request: UnfreezeRequest): Promise<AccountResult> =>
    onAccount(reads, request, (accountId) => {
      const reason = requireReason(request.reason);
      return submit(writer, {
        type: 'unfreeze',
        ...keyed(actor, 'unfreeze_account', request.idempotencyKey),
        accountId,
        reason,
        request: normalise({ accountId, reason }),
      });
    });
}

export type LimitsRequest = Administration &
  WithReason & {
    /** Minimum available balance in minor units; negative allows an overdraft. */
    readonly minimumBalance: bigint;
    /** Maximum balance in minor units. Null: only the general bound of balances applies. */
    readonly maximumBalance: bigint | null;
  };

/** Sets both limits, even if the balance already exceeds one. @throws PassbookError `invalid_request`, `unavailable` */
export function limitAccount({ writer, reads }: Ports) {
  return (actor: SystemActor, request: LimitsRequest): Promise<AccountResult> =>
    onAccount(reads, request, (accountId) => {
      const minimumBalance = requireLimit('minimumBalance', request.minimumBalance);
      const maximumBalance =
        request.maximumBalance === null ? null : requireLimit('maximumBalance', request.maximumBalance);
      if (maximumBalance !== null && maximumBalance < minimumBalance) {
        throw invalid('maximumBalance', 'must not be below the minimum balance');
      }
      const reason = requireReason(request.reason);
      return submit(writer, {
        type: 'limit',
        ...keyed(actor, 'limit_account', request.idempotencyKey),
        accountId,
        minimumBalance,
        maximumBalance,
        reason,
        request: normalise({
          accountId,
          minimumBalance,
          maximumBalance,
          reason,
        }),
      });
    });
}

export type AccountMetadataRequest = Administration & {
  /** All pairs of the account, in place of those it has. Null removes them. */
  readonly metadata: Metadata | null;
  /** Stored in the audit log; at most 280 characters. */
  readonly reason?: string;
};

/**
 * Sets an account's metadata. For its owner and the system.
 * @throws PassbookError `invalid_request`, `unavailable`, `outcome_unknown`
 */
export function setAccountMetadata({ writer, reads }: Ports) {
  return (actor: Actor, request: AccountMetadataRequest): Promise<AccountResult> =>
    onAccount(reads, request, (accountId) => {
      const metadata = optionalMetadata(request.metadata ?? undefined);
      const reason = optionalText('reason', request.reason, REASON_MAX_LENGTH);
      return submit(writer, {
        type: 'describe',
        ...keyed(actor, 'set_account_metadata', request.idempotencyKey),
        accountId,
        metadata,
        reason,
        request: normalise({ accountId, metadata: metadata && canonicalMetadata(metadata), reason }),
      });
    });
}

export type CloseRequest = Administration &
  Partial<WithReason> & {
    /** Another account of the same owner, which receives the remaining balance. */
    readonly sweepTo?: string;
  };

/** Closes an account permanently. @throws PassbookError `invalid_request`, `unavailable`, `outcome_unknown` */
export function closeAccount({ writer, reads, ids }: Ports) {
  return async (actor: Actor, request: CloseRequest): Promise<AccountResult> => {
    const found = lookUpNumbers(reads, [request.accountId, request.sweepTo]);
    const idOf = typeof found === 'function' ? found : await found;
    const accountId = replaceNumber('accountId', request.accountId, idOf);
    const sweepTo =
      request.sweepTo === undefined ? undefined : replaceNumber('sweepTo', request.sweepTo, idOf);
    const reason = optionalText('reason', request.reason, REASON_MAX_LENGTH);
    if (sweepTo === accountId) throw invalid('sweepTo', 'must be another account');
    return submit(writer, {
      type: 'close',
      ...keyed(actor, 'close_account', request.idempotencyKey),
      accountId,
      reason,
      sweep: sweepTo === undefined ? null : { accountId: sweepTo, id: ids.newId(), salt: ids.newSalt() },
      request: normalise({ accountId, sweepTo: sweepTo ?? null, reason }),
    });
  };
}

/**
 * Runs a command on the account that a request names by id or number. Given an id it runs at once, and so keeps its
 * place among the commands of its event-loop turn.
 */
async function onAccount(
  reads: LedgerReads,
  request: { readonly accountId: string },
  run: (accountId: string) => Promise<AccountResult>,
): Promise<AccountResult> {
  const found = readAccountId(reads, request.accountId);
  return run(typeof found === 'string' ? found : await found);
}

async function submit(writer: CommandWriter, command: Command): Promise<AccountResult> {
  const answer = await submitToTheEnd(writer, command);
  if ('conflict' in answer) return viewConflict(answer.conflict);

  const { outcome, replayed } = answer;
  if (outcome.kind === 'refused') return viewRefusal(outcome, { replayed, actor: command.actor });
  if (outcome.kind !== 'changed') throw new TypeError(`An account cannot have ${outcome.kind}`);
  return { ok: true, replayed, account: viewAccount(outcome.account) };
}

/** Repeats the command while due expiries are written, one unit at a time. Other commands run in between. */
async function submitToTheEnd(writer: CommandWriter, command: Command): Promise<Answer> {
  for (let left = MOST_UNITS; ; left--) {
    const answer = await writer.submit(command);
    if ('conflict' in answer || !answer.unfinished || left === 0) return answer;
  }
}

function keyed(actor: Actor, operation: Operation, key: unknown) {
  return {
    actor,
    key: key === undefined ? null : { scope: scopeOf(actor), operation, key: requireKey(key) },
  };
}

function requireLimit(field: string, value: unknown): bigint {
  requireBigint(field, value);
  if (!isWithinBound(value)) {
    throw invalid(field, `must be from -${MAX_AMOUNT} to ${MAX_AMOUNT}, in the currency's minor unit`);
  }
  return value;
}
