import type { Actor } from '../../domain/actor.ts';
import { invalid } from '../../domain/errors.ts';
import { scopeOf } from '../../domain/books/idempotency.ts';
import type { IdGenerator } from '../ports/runtime.ts';
import {
  ACCOUNT_NAME_MAX_LENGTH,
  normalise,
  optionalCurrency,
  optionalExternalId,
  optionalMetadata,
  optionalText,
  requireId,
  requireKey,
} from '../validation.ts';
import type { OpenAccountCommand } from '../../domain/books/command.ts';
import type { Answer } from '../../domain/books/outcome.ts';
import { BODY_DIGITS, makeAccountNumber } from '../../domain/entities/account-number.ts';
import type { Metadata } from '../../domain/entities/metadata.ts';
import { canonicalMetadata } from '../../domain/integrity/hash-chain.ts';
import type { CommandWriter } from '../group-commit.ts';
import { viewAccount, viewConflict, viewRefusal } from '../views.ts';
import type { AccountView, Refused } from '../views.ts';

/** Draws of a number before opening fails. Even with half of all numbers taken, all 50 fail once in 10^15. */
const DRAWS = 50;

export type OpenAccountRequest = {
  /** Id of the owner. Users open their own accounts; only the system may name another owner. */
  readonly ownerId?: string;
  /** ISO 4217 code. Default: the ledger's default currency. */
  readonly currency?: string;
  /** The owner's name for the account. */
  readonly name?: string;
  /** Id of the account in the calling program, unique among accounts. */
  readonly externalId?: string;
  /** Pairs that the owner and the system see and can change. */
  readonly metadata?: Metadata;
  /** Idempotency key. Without one, each call opens an account. */
  readonly idempotencyKey?: string;
};

export type OpenAccountResult =
  | { readonly ok: true; readonly replayed: boolean; readonly account: AccountView }
  | Refused;

/** @throws PassbookError `invalid_request`, `queue_full`, `unavailable`, `outcome_unknown` */
export function openAccount(ports: {
  writer: CommandWriter;
  ids: IdGenerator;
  defaultCurrency: string;
  /** Prefix of the number of each new account. */
  accountPrefix: string;
  /** Maximum number of accounts of an owner. Null: no limit. */
  accountsPerOwner: number | null;
}) {
  return async (actor: Actor, request: OpenAccountRequest = {}): Promise<OpenAccountResult> => {
    const fields = {
      ownerId: requireId('ownerId', request.ownerId ?? (actor.kind === 'user' ? actor.id : undefined)),
      currency: optionalCurrency(request.currency) ?? ports.defaultCurrency,
      name: optionalText('name', request.name, ACCOUNT_NAME_MAX_LENGTH),
      externalId: optionalExternalId(request.externalId),
    };
    const metadata = optionalMetadata(request.metadata);
    if (actor.kind === 'user' && fields.ownerId !== actor.id) throw invalid('ownerId', 'must be the caller');
    const key = request.idempotencyKey === undefined ? null : requireKey(request.idempotencyKey);
    const command = {
      ...fields,
      metadata,
      type: 'open_account',
      id: ports.ids.newId(),
      actor,
      key: key === null ? null : ({ scope: scopeOf(actor), operation: 'open_account', key } as const),
      request: normalise({ ...fields, metadata: metadata && canonicalMetadata(metadata) }),
      accountLimit: ports.accountsPerOwner,
    } as const;
    const answer = await submitWithNumber(ports, command);
    if ('conflict' in answer) return viewConflict(answer.conflict);

    const { outcome, replayed } = answer;
    if (outcome.kind === 'refused') return viewRefusal(outcome, { replayed, actor });
    if (outcome.kind !== 'opened') throw new TypeError(`An account cannot have ${outcome.kind}`);
    return { ok: true, replayed, account: viewAccount(outcome.account) };
  };
}

/** Draws numbers until one is free. One draw in a million meets a taken one where a million accounts are open. */
async function submitWithNumber(
  { writer, ids, accountPrefix }: { writer: CommandWriter; ids: IdGenerator; accountPrefix: string },
  command: Omit<OpenAccountCommand, 'number'>,
): Promise<Answer> {
  for (let left = DRAWS; ; left--) {
    const number = makeAccountNumber(accountPrefix, ids.newDigits(BODY_DIGITS));
    const answer = await writer.submit({ ...command, number });
    if ('conflict' in answer || !answer.unfinished) return answer;
    if (left === 1)
      throw new TypeError(`No account number of prefix ${accountPrefix} was free in ${DRAWS} draws`);
  }
}
