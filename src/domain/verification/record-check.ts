import type { Account } from '../entities/account.ts';
import type { Counters, EntryStep } from '../entities/counters.ts';
import { canonicalMetadata } from '../integrity/hash-chain.ts';
import type { Digest } from '../integrity/hash-chain.ts';
import { keyText, requestTextDigest } from '../books/idempotency.ts';
import type { IdempotencyRecord } from '../books/idempotency.ts';
import type { LedgerEntry } from '../entities/ledger-entry.ts';
import type { Outcome, TransferOutcome } from '../books/outcome.ts';
import type { Transfer } from '../entities/transfer.ts';
import { differs } from './faults.ts';
import type { FaultLog } from './faults.ts';

/** The part of the books that a record is checked against, read at the record's own time or later. */
export type Recorded = {
  readonly transfers: ReadonlyMap<
    string,
    { readonly transfer: Transfer; readonly entries: readonly LedgerEntry[] }
  >;
  readonly accounts: ReadonlyMap<string, Account>;
  /** Other valid values of `held`, by transfer and account: those that leave out holds that were due. */
  readonly heldWithoutDue?: ReadonlyMap<string, readonly bigint[]>;
};

/** Returns the entries after which an outcome reports less held than was pending, because some holds were due. */
export function entriesWithDue(outcome: Outcome, { transfers, accounts }: Recorded): readonly LedgerEntry[] {
  if (outcome.kind === 'batch') {
    return outcome.members.flatMap((member) => entriesWithDue(member, { transfers, accounts }));
  }
  if (outcome.kind !== 'transferred') return [];
  const step = recordedStep(outcome.transfer);
  const entries = transfers.get(outcome.transfer.id)?.entries ?? [];
  return outcome.balances.flatMap(({ accountId, held }) => {
    const account = accounts.get(accountId);
    const entry = entries.find((one) => one.accountId === accountId && one.step === step);
    return account && entry && balancesAfter(entry.after, account).held > held ? [entry] : [];
  });
}

/** Returns the transfers and accounts that an outcome contains. */
export function idsIn(outcome: Outcome): {
  readonly transferIds: readonly string[];
  readonly accountIds: readonly string[];
} {
  switch (outcome.kind) {
    case 'transferred':
      return {
        transferIds: [outcome.transfer.id],
        accountIds: outcome.balances.map(({ accountId }) => accountId),
      };
    case 'refused':
      return { transferIds: outcome.transfer ? [outcome.transfer.id] : [], accountIds: [] };
    case 'opened':
    case 'changed':
      return { transferIds: [], accountIds: [outcome.account.id] };
    case 'batch': {
      const members = outcome.members.map(idsIn);
      return {
        transferIds: members.flatMap(({ transferIds }) => transferIds),
        accountIds: members.flatMap(({ accountIds }) => accountIds),
      };
    }
    default:
      return outcome satisfies never;
  }
}

/** Checks that a record's outcome matches the books, and that its request matches its transfer. */
export function checkRecord(
  record: IdempotencyRecord,
  recorded: Recorded,
  { digest, faults }: { digest: Digest; faults: FaultLog },
): void {
  const { outcome } = record;
  const key = keyText(record);
  switch (outcome.kind) {
    case 'opened':
    case 'changed': {
      const today = recorded.accounts.get(outcome.account.id);
      const detail = today ? accountDifference(outcome.account, today) : 'the account is missing';
      if (detail) faults.report('record_outcome', { key, accountId: outcome.account.id, detail });
      return;
    }
    case 'transferred':
    case 'refused': {
      checkOutcome(outcome, { key, recorded, faults });
      const field = outcome.transfer && requestDifference(record, outcome.transfer, digest);
      if (field) faults.report('record_request', { key, transferId: outcome.transfer.id, detail: field });
      return;
    }
    case 'batch':
      for (const member of outcome.members) checkOutcome(member, { key, recorded, faults });
      return;
    default:
      outcome satisfies never;
  }
}

function checkOutcome(
  outcome: TransferOutcome,
  { key, recorded, faults }: { key: string; recorded: Recorded; faults: FaultLog },
): void {
  const { transfer } = outcome;
  if (!transfer) return;
  const today = recorded.transfers.get(transfer.id);
  const detail = today ? outcomeDifference(outcome, today, recorded) : 'the transfer is missing';
  if (detail) faults.report('record_outcome', { key, transferId: transfer.id, detail });
}

function outcomeDifference(
  outcome: TransferOutcome,
  { transfer: today, entries }: { transfer: Transfer; entries: readonly LedgerEntry[] },
  { accounts, heldWithoutDue }: Recorded,
): string | undefined {
  const { transfer } = outcome;
  const fact = transfer && factDifference(transfer, today);
  if (fact) return fact;
  if (outcome.kind === 'refused') {
    return outcome.code === today.code ? undefined : `code: ${differs(outcome.code, today.code)}`;
  }
  const step = recordedStep(outcome.transfer);
  for (const answered of outcome.balances) {
    const account = accounts.get(answered.accountId);
    const entry = entries.find((one) => one.accountId === answered.accountId && one.step === step);
    if (!account || !entry) return `there is no entry ${step} on ${answered.accountId}`;
    const { balance, held } = balancesAfter(entry.after, account);
    if (answered.balance !== balance) return `balance: ${differs(answered.balance, balance)}`;
    const others = heldWithoutDue?.get(`${transfer?.id} ${answered.accountId}`) ?? [];
    if (answered.held !== held && !others.includes(answered.held))
      return `held: ${differs(answered.held, held)}`;
    const available = balance - answered.held;
    if (answered.available !== available) return `available: ${differs(answered.available, available)}`;
  }
  return undefined;
}

/** Compares facts that are fixed when a transfer is made, and state that it cannot have had at the record's time. */
function factDifference(recorded: Transfer, today: Transfer): string | undefined {
  const facts = [
    ['kind', recorded.kind, today.kind],
    ['currency', recorded.currency, today.currency],
    ['exponent', recorded.exponent, today.exponent],
    ['payerName', recorded.payerName, today.payerName],
    ['code', recorded.code, today.code],
    ['reversed', recorded.reversed, null],
    ['erased', erasedText(recorded), erasedText(today)],
    ['createdAt', recorded.createdAt, today.createdAt],
    ['expiresAt', recorded.expiresAt, today.expiresAt],
    ['reverses', recorded.reverses, today.reverses],
    ['batchId', recorded.batchId, today.batchId],
    ['salt', recorded.salt, today.salt],
    ['initiator', textOf(recorded.initiator), textOf(today.initiator)],
    ['description', recorded.description, today.description],
    ['reference', recorded.reference, today.reference],
    ['externalId', recorded.externalId, today.externalId],
    [
      'metadata',
      recorded.metadata && canonicalMetadata(recorded.metadata),
      today.metadata && canonicalMetadata(today.metadata),
    ],
    ['legs', legsText(recorded), legsText(today)],
    // A hold may have ended since; any other status is final
    ...(recorded.status === 'pending'
      ? []
      : [
          ['status', recorded.status, today.status],
          ['amountCaptured', recorded.amountCaptured, today.amountCaptured],
          ['completedAt', recorded.completedAt, today.completedAt],
        ]),
  ] as const;
  const wrong = facts.find(([, before, after]) => before !== after);
  return wrong && `${wrong[0]}: ${differs(wrong[1], wrong[2])}`;
}

/** Returns the first field of the request that does not match its transfer. */
function requestDifference(
  record: IdempotencyRecord,
  transfer: Transfer,
  digest: Digest,
): string | undefined {
  const made = requestOf(record, transfer, digest);
  const wrong = record.request.fields.find(([field, value]) => {
    if (!(field in made)) return false;
    return MAY_BE_LEFT_OUT.has(field) && value === null ? false : made[field] !== value;
  });
  return wrong && `${wrong[0]}: ${differs(wrong[1], made[wrong[0]])}`;
}

/** Reconstructs the request from its transfer, as far as possible. */
function requestOf(
  record: IdempotencyRecord,
  transfer: Transfer,
  digest: Digest,
): Readonly<Record<string, string | null>> {
  const text = (value: string | null) => value && requestTextDigest(record, value, digest);
  const texts = transfer.erased === null && {
    description: text(transfer.description),
    reference: text(transfer.reference),
    metadata: text(transfer.metadata && canonicalMetadata(transfer.metadata)),
  };
  switch (record.operation) {
    case 'transfer':
    case 'initial_funds':
    case 'withdrawal':
      return {
        ...texts,
        externalId: transfer.externalId,
        ...(transfer.legs.length === 2 && {
          sourceAccountId: transfer.source.accountId,
          destinationAccountId: transfer.destination.accountId,
          amount: transfer.amount.toString(),
        }),
        // A rejected request may have named another currency
        ...(transfer.status !== 'rejected' && { currency: transfer.currency }),
      };
    case 'reverse':
      return {
        ...texts,
        externalId: transfer.externalId,
        transferId: transfer.reverses,
        amount: transfer.amount.toString(),
      };
    case 'capture':
      return { transferId: transfer.id, amount: transfer.amountCaptured?.toString() ?? null };
    case 'void':
      return { transferId: transfer.id };
    case 'exchange':
    case 'batch':
    case 'open_account':
    case 'close_account':
    case 'freeze_account':
    case 'unfreeze_account':
    case 'limit_account':
    case 'set_account_metadata':
      return {};
    default:
      return record.operation satisfies never;
  }
}

/** Fields that a request may omit, so that the bank chooses them. */
const MAY_BE_LEFT_OUT: ReadonlySet<string> = new Set([
  'sourceAccountId',
  'destinationAccountId',
  'currency',
  'amount',
]);

function recordedStep({ status, isHold }: Transfer): EntryStep {
  switch (status) {
    case 'pending':
      return 'held';
    case 'voided':
    case 'expired':
      return status;
    case 'completed':
    case 'rejected':
      return isHold ? 'captured' : 'completed';
    default:
      return status satisfies never;
  }
}

function balancesAfter(after: Counters, { normalSide }: Account): { balance: bigint; held: bigint } {
  return normalSide === 'debit'
    ? { balance: after.debitsPosted - after.creditsPosted, held: after.creditsPending }
    : { balance: after.creditsPosted - after.debitsPosted, held: after.debitsPending };
}

function accountDifference(recorded: Account, today: Account): string | undefined {
  const field = (['ownerId', 'purpose', 'currency', 'exponent', 'class', 'createdAt'] as const).find(
    (name) => recorded[name] !== today[name],
  );
  if (field) return `${field}: ${differs(recorded[field], today[field])}`;
  // A record from before accounts had numbers has none
  const isOtherNumber = recorded.number !== null && recorded.number !== today.number;
  if (isOtherNumber) return `number: ${differs(recorded.number, today.number)}`;
  const { externalId } = recorded;
  return externalId === today.externalId ? undefined : `externalId: ${differs(externalId, today.externalId)}`;
}

function textOf({ kind, id }: Transfer['initiator']): string {
  return `${kind} ${id}`;
}

function erasedText({ erased }: Transfer): string | null {
  return erased && `${erased.description} ${erased.metadata} ${erased.reference}`;
}

function legsText({ legs }: Transfer): string {
  return legs.map((leg) => `${leg.accountId} ${leg.ownerId} ${leg.direction} ${leg.amount}`).join(', ');
}
