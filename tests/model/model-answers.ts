/** What a caller is answered, the first time and each time the key is used again. */
import type { Actor } from '../../src/domain/actor.ts';
import type { TransferView } from '../../src/application/views.ts';
import type { ErrorCode, RefusalCode } from '../../src/domain/errors.ts';
import { thrown } from './command.ts';
import { keyTextOf } from './model.ts';
import type { KeyUse, Model, ModelOutcome, ModelTransfer, RequestFields } from './model.ts';
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
  'linked_transfer_failed',
  'balance_not_zero',
  'holds_outstanding',
];

export function retryOf(code: ErrorCode): string {
  return MAY_SUCCEED_LATER.includes(code) ? 'new_key' : 'never';
}

export function refused(code: RefusalCode, rejected: ModelTransfer | null = null) {
  return { code, rejected };
}

/**
 * The same key and request give the same answer; another request learns the first field that differs. `overdue` are
 * the fields that were in time when the request was first made: they are malformed only where nothing was kept.
 */
export function once(
  model: Model,
  {
    actor,
    use,
    fields,
    overdue = [],
  }: { actor: Actor; use: KeyUse | null; fields: RequestFields; overdue?: readonly string[] },
  perform: () => ModelOutcome,
): unknown {
  const kept = use && model.kept.get(keyTextOf(use));
  if (!kept && overdue.length > 0) return thrown('invalid_request', ...overdue);

  const answer = answerOnce();
  return model.isRehearsal ? asDryRun(answer) : answer;

  function answerOnce(): Answered {
    if (!kept) {
      const outcome = perform();
      if (use) {
        model.kept.set(keyTextOf(use), { fields, outcome, at: model.now });
        model.keyUses.push(use);
      }
      return answerTo(actor, outcome, false);
    }

    const differing = fields.find(([field, value]) => new Map(kept.fields).get(field) !== value);
    return differing ? conflict(differing[0]) : answerTo(actor, kept.outcome, true);
  }
}

type Answered = {
  readonly ok: boolean;
  readonly replayed: boolean;
  readonly members?: readonly Answered[];
  readonly transfer?: TransferView;
  readonly [more: string]: unknown;
};

/** Marked, and without the ids of what is not made. */
function asDryRun(answer: Answered): object {
  if (answer.members) return { ...answer, dryRun: true, members: answer.members.map(asDryRun) };
  if (!answer.ok) return { ...answer, dryRun: true, transferId: null };
  if (!answer.transfer) return answer;
  const { transferId: _transferId, batchId: _batchId, ...transfer } = answer.transfer;
  return { ...answer, dryRun: true, transfer };
}

function conflict(field: string): Answered {
  const code = 'idempotency_key_reused';
  return { ok: false, replayed: false, code, retry: retryOf(code), transferId: null, field };
}

function answerTo(actor: Actor, outcome: ModelOutcome, replayed: boolean): Answered {
  if ('members' in outcome) {
    const members = outcome.members.map((member) => answerTo(actor, member, replayed));
    return { ok: members.every(({ ok }) => ok), replayed, members };
  }
  if ('account' in outcome) return { ok: true, replayed, account: outcome.account };
  if ('made' in outcome) {
    const { made, balances } = outcome;
    return { ok: true, replayed, transfer: viewTransfer(made, actor, made.createdAt), balances };
  }
  const { rejected } = outcome;
  const code = rejected ? codeFor(actor, outcome.code, rejected) : outcome.code;
  return { ok: false, replayed, code, retry: retryOf(code), transferId: rejected?.id ?? null };
}
