import type { LedgerEntry } from '../entities/ledger-entry.ts';
import type { EntryStep } from '../entities/counters.ts';
import { movedBy } from '../entities/counters.ts';
import type { Transfer } from '../entities/transfer.ts';
import { differs } from './faults.ts';
import type { FaultLog } from './faults.ts';

/** Checks that a transfer has exactly the entries that its state requires. */
export function checkTransfer(transfer: Transfer, entries: readonly LedgerEntry[], faults: FaultLog): void {
  checkSums(transfer, entries, faults);
  const contradiction = contradictionIn(transfer);
  if (contradiction) faults.report('transfer_state', { transferId: transfer.id, detail: contradiction });
  const steps = stepsOf(transfer);
  const expected = new Set(steps.flatMap((step) => transfer.legs.map((leg) => `${step} ${leg.accountId}`)));
  for (const entry of entries) {
    const place = { accountId: entry.accountId, sequence: entry.sequence, transferId: transfer.id };
    if (!expected.delete(`${entry.step} ${entry.accountId}`)) {
      faults.report('transfer_entries', { ...place, detail: `an entry ${entry.step} is not of its state` });
      continue;
    }
    const detail = wrongIn(entry, transfer);
    if (detail) faults.report('transfer_entries', { ...place, detail });
  }
  for (const missing of expected) {
    const [step, accountId] = missing.split(' ') as [string, string];
    const detail = `an entry ${step} is missing`;
    faults.report('transfer_entries', { accountId, transferId: transfer.id, detail });
  }
}

/** Describes a contradiction in a transfer's state, which no step can produce; undefined if there is none. */
function contradictionIn(transfer: Transfer): string | undefined {
  const { status, isHold, code, createdAt, completedAt, amountCaptured, reversed, erased } = transfer;
  const isCompleted = status === 'completed';
  if ((code !== null) !== (status === 'rejected')) return `code: ${code} of one that is ${status}`;
  if ((completedAt !== null) !== isCompleted) return `completedAt: ${completedAt} of one that is ${status}`;
  if (isCompleted && !isHold && completedAt !== createdAt)
    return `completedAt: ${differs(completedAt, createdAt)}`;
  if ((amountCaptured !== null) !== (isCompleted && isHold)) return `amountCaptured: ${amountCaptured}`;
  const isReversed = reversed?.length === transfer.legs.length && reversed.some((amount) => amount > 0n);
  if (reversed !== null && !isReversed) return `reversed: ${reversed.join()}`;
  if (erased && (erased.description ?? erased.metadata ?? erased.reference) === null)
    return 'erased: no text';
  const isKept = [transfer.description, transfer.metadata, transfer.reference].some((text) => text !== null);
  return erased && isKept ? 'erased: a text is still there' : undefined;
}

function checkSums({ id: transferId }: Transfer, entries: readonly LedgerEntry[], faults: FaultLog): void {
  let [posted, pending] = [0n, 0n];
  for (const entry of entries) {
    const sign = entry.direction === 'debit' ? 1n : -1n;
    posted += sign * entry.posted;
    pending += sign * (entry.step === 'held' ? entry.pending : -entry.pending);
  }
  if (posted === 0n && pending === 0n) return;
  const detail = `debits less credits are ${posted} posted and ${pending} pending`;
  const first = entries[0];
  faults.report('transfer_balance', {
    ...(first ? { accountId: first.accountId, sequence: first.sequence } : {}),
    transferId,
    detail,
  });
}

function stepsOf({ status, isHold }: Transfer): readonly EntryStep[] {
  switch (status) {
    case 'completed':
      return isHold ? ['held', 'captured'] : ['completed'];
    case 'pending':
      return ['held'];
    case 'voided':
    case 'expired':
      return ['held', status];
    case 'rejected':
      return [];
    default:
      return status satisfies never;
  }
}

function wrongIn(
  { step, accountId, posted, pending, at }: LedgerEntry,
  transfer: Transfer,
): string | undefined {
  const leg = transfer.legs.find((one) => one.accountId === accountId);
  const moved = movedBy(step, leg?.amount ?? 0n, transfer.amountMoved);
  if (posted !== moved.posted) return `posted: ${differs(posted, moved.posted)}`;
  if (pending !== moved.pending) return `pending: ${differs(pending, moved.pending)}`;
  const instant = step === 'completed' || step === 'held' ? transfer.createdAt : transfer.completedAt;
  const isTimed = step !== 'voided' && step !== 'expired';
  if (isTimed && at !== instant) return `instant: ${differs(at, instant)}`;
  return undefined;
}

/**
 * Compares the reversed amounts of each transfer with its reversals, as transfers are added in any order. Holds in
 * memory only the transfers for which the two still differ.
 */
export class ReversalCheck {
  readonly #open = new Map<string, Map<string, bigint>>();

  add(transfer: Transfer): void {
    for (const [index, amount] of (transfer.reversed ?? []).entries()) {
      const accountId = transfer.legs[index]?.accountId;
      if (accountId !== undefined) this.#move(transfer.id, accountId, amount);
    }
    if (transfer.reverses === null || transfer.status !== 'completed') return;
    for (const { accountId, amount } of transfer.legs) this.#move(transfer.reverses, accountId, -amount);
  }

  /** Returns the transfers whose reversed amounts differ from their reversals. */
  unequal(): ReadonlySet<string> {
    return new Set(this.#open.keys());
  }

  #move(transferId: string, accountId: string, amount: bigint): void {
    const open = this.#open.get(transferId) ?? new Map<string, bigint>();
    const left = (open.get(accountId) ?? 0n) + amount;
    if (left === 0n) open.delete(accountId);
    else open.set(accountId, left);
    if (open.size === 0) this.#open.delete(transferId);
    else this.#open.set(transferId, open);
  }
}
