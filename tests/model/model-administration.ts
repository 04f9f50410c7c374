import { sha256 } from '../../src/adapters/shared/sha256.ts';
import type { Actor } from '../../src/domain/actor.ts';
import type { AuditAction, AuditFacts } from '../../src/domain/integrity/audit-log.ts';
import type { RefusalCode } from '../../src/domain/errors.ts';
import { adopt, copyOf, fundsOf } from './model.ts';
import type { Model, ModelAccount, ModelMetadata, ModelOutcome } from './model.ts';
import { refused } from './model-answers.ts';
import { placeOrder } from './model-orders.ts';
import { accountNamed, settle } from './model-steps.ts';
import { viewAccount } from './model-views.ts';

/** What is done to an account by the system, and why. */
type Measure = { readonly actor: Actor; readonly accountId: string; readonly reason: string | null };

/** Its owner's, and nobody's else. It is no affair of the audit log. */
export function rename(
  model: Model,
  { actor, accountId, name }: { actor: Actor; accountId: string; name: string | null },
): ModelOutcome {
  const account = touched(model, accountId, ({ ownerId }) => actor.kind === 'user' && ownerId === actor.id);
  if (!account) return refused('account_not_found');
  if (account.status === 'closed') return refused('already_closed');

  account.name = name;
  return { account: viewAccount(account) };
}

/** Freezes, unfreezes or limits. */
export function alter(
  model: Model,
  measure: Measure & { action: AuditAction },
  change: Partial<Audited>,
): ModelOutcome {
  const { actor, accountId } = measure;
  const account = touched(model, accountId, ({ ownerId }) => ownerId !== null && actor.kind === 'system');
  if (!account) return refused('account_not_found');
  if (account.status === 'closed') return refused('already_closed');
  return put(model, account, measure, change);
}

/** Sets its pairs in whole: its owner or the system. */
export function describe(
  model: Model,
  described: Measure & { metadata: ModelMetadata | null },
): ModelOutcome {
  const { actor, accountId, metadata } = described;
  const account = touched(model, accountId, (one) => mayBeTheirs(actor, one));
  if (!account) return refused('account_not_found');
  if (account.status === 'closed') return refused('already_closed');
  return put(model, account, { ...described, action: 'account_metadata_changed' }, { metadata });
}

function mayBeTheirs(actor: Actor, { ownerId }: ModelAccount): boolean {
  return ownerId !== null && (actor.kind === 'system' || ownerId === actor.id);
}

/** Closes an empty account permanently. A remaining balance may go to another account of its owner. */
export function close(
  model: Model,
  closing: Measure & { sweepTo: string | null; sweepId: string },
): ModelOutcome {
  const { actor, accountId, sweepTo } = closing;
  const account = touched(model, accountId, (one) => mayBeTheirs(actor, one));
  if (!account) return refused('account_not_found');
  const { balance, held, awaited } = fundsOf(account);
  const checks: readonly (readonly [code: RefusalCode, fails: boolean])[] = [
    ['already_closed', account.status === 'closed'],
    ['source_account_frozen', account.status === 'frozen' && actor.kind !== 'system'],
    ['balance_not_zero', balance < 0n || (balance > 0n && sweepTo === null)],
    ['holds_outstanding', held > 0n || awaited > 0n],
  ];
  const code = checks.find(([, fails]) => fails)?.[0];
  if (code) return refused(code);

  const attempt = copyOf(model);
  const failed = balance > 0n && sweepTo !== null ? sweepOut(attempt, { ...closing, sweepTo }) : undefined;
  if (failed) return refused(failed);
  adopt(model, attempt);
  const change = { status: 'closed', creditsFrozen: false } as const;
  return put(model, accountNamed(model, accountId), { ...closing, action: 'account_closed' }, change);
}

const NOTHING_SAID = { description: null, reference: null, externalId: null, metadata: null };

/** All of it, whatever the minimum. */
function sweepOut(
  model: Model,
  {
    actor,
    accountId,
    sweepTo,
    sweepId: id,
  }: { actor: Actor; accountId: string; sweepTo: string; sweepId: string },
): RefusalCode | undefined {
  const account = accountNamed(model, accountId);
  if (model.accounts.get(sweepTo)?.ownerId !== account.ownerId) return 'destination_account_not_found';
  const { minimumBalance } = account;
  account.minimumBalance = 0n;
  const amount = fundsOf(account).balance;
  const legs = [
    { account: { accountId }, direction: 'debit', amount },
    { account: { accountId: sweepTo }, direction: 'credit', amount },
  ] as const;
  const order = { id, kind: 'transfer', legs, currency: null, hold: null, ...NOTHING_SAID } as const;
  const outcome = placeOrder(model, { actor, order, batchId: null });
  account.minimumBalance = minimumBalance;
  return 'code' in outcome ? outcome.code : undefined;
}

/** What is due on it is ended, even for one who may not do what they ask. */
function touched(
  model: Model,
  id: string,
  isAllowed: (account: ModelAccount) => boolean,
): ModelAccount | undefined {
  const account = model.accounts.get(id);
  if (account) settle(model, [account]);
  return account && isAllowed(account) ? account : undefined;
}

const AUDITED = ['status', 'creditsFrozen', 'minimumBalance', 'maximumBalance'] as const;
type Audited = Pick<ModelAccount, (typeof AUDITED)[number]>;

/** Into the audit log goes who, when and why, and what was before. */
function put(
  model: Model,
  account: ModelAccount,
  { actor, reason, action }: Measure & { action: AuditAction },
  change: Partial<Audited & Pick<ModelAccount, 'metadata'>>,
): ModelOutcome {
  const before = { ...account };
  Object.assign(account, change);
  const fields = AUDITED.map(
    (field) => [field, before[field]?.toString() ?? null, account[field]?.toString() ?? null] as const,
  );
  model.audit.push({
    sequence: model.audit.length + 1,
    at: model.now,
    actor: { kind: actor.kind, id: actor.id ?? null },
    action,
    accountId: account.id,
    transferId: null,
    reason,
    changes: [...fields, ...pairsOf(before, account)].filter(([, from, to]) => from !== to),
  });
  return { account: viewAccount(account) };
}

/** Each value as a digest, as docs/internals/formats.md has it. */
function pairsOf(before: ModelAccount, after: ModelAccount): AuditFacts['changes'] {
  const digest = ({ id, metadata }: ModelAccount, key: string) =>
    metadata?.[key] === undefined
      ? null
      : sha256(`passbook account metadata 1\n${id}\n${key}\n${metadata[key]}`);
  const keys = Object.keys({ ...before.metadata, ...after.metadata }).sort();
  return keys.map((key) => [`metadata.${key}`, digest(before, key), digest(after, key)]);
}
