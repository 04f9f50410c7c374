import type { Actor } from '../../domain/actor.ts';
import { invalid } from '../../domain/errors.ts';
import { scopeOf } from '../../domain/books/idempotency.ts';
import type { IdGenerator } from '../ports/runtime.ts';
import {
  ACCOUNT_NAME_MAX_LENGTH,
  normalise,
  optionalCurrency,
  optionalText,
  requireId,
  requireKey,
} from '../validation.ts';
import type { CommandWriter } from '../group-commit.ts';
import { viewAccount, viewConflict, viewRefusal } from '../views.ts';
import type { AccountView, Refused } from '../views.ts';

export type OpenAccountRequest = {
  /** Id of the owner. Users open their own accounts; only the system may name another owner. */
  readonly ownerId?: string;
  /** ISO 4217 code. Default: the ledger's default currency. */
  readonly currency?: string;
  /** The owner's name for the account. */
  readonly name?: string;
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
  /** Maximum number of accounts of an owner. Null: no limit. */
  accountsPerOwner: number | null;
}) {
  return async (actor: Actor, request: OpenAccountRequest = {}): Promise<OpenAccountResult> => {
    const fields = {
      ownerId: requireId('ownerId', request.ownerId ?? (actor.kind === 'user' ? actor.id : undefined)),
      currency: optionalCurrency(request.currency) ?? ports.defaultCurrency,
      name: optionalText('name', request.name, ACCOUNT_NAME_MAX_LENGTH),
    };
    if (actor.kind === 'user' && fields.ownerId !== actor.id) throw invalid('ownerId', 'must be the caller');
    const key = request.idempotencyKey === undefined ? null : requireKey(request.idempotencyKey);
    const answer = await ports.writer.submit({
      ...fields,
      type: 'open_account',
      id: ports.ids.newId(),
      actor,
      key: key === null ? null : { scope: scopeOf(actor), operation: 'open_account', key },
      request: normalise(fields),
      accountLimit: ports.accountsPerOwner,
    });
    if ('conflict' in answer) return viewConflict(answer.conflict);

    const { outcome, replayed } = answer;
    if (outcome.kind === 'refused') return viewRefusal(outcome, { replayed, actor });
    if (outcome.kind !== 'opened') throw new TypeError(`An account cannot have ${outcome.kind}`);
    return { ok: true, replayed, account: viewAccount(outcome.account) };
  };
}
