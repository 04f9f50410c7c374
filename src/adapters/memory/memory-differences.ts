import { hash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { accountText, transferText, valueText } from '../../application/row-digest.ts';
import type { Account } from '../../domain/account.ts';
import type { Digest } from '../../domain/chain.ts';
import { keyText } from '../../domain/idempotency.ts';
import type { IdempotencyRecord } from '../../domain/idempotency.ts';
import type { LedgerEntry } from '../../domain/ledger-entry.ts';
import type { TransferOutcome } from '../../domain/outcome.ts';
import type { Transfer } from '../../domain/transfer.ts';
import { differs } from '../../domain/verification.ts';
import type { Fault } from '../../domain/verification.ts';
import type { MemoryData } from './memory-data.ts';

const sha256: Digest = (text) => hash('sha256', text, 'hex');
const PORTION = 500;

/** Compares the lists and what was written with what they list and what there is. */
export async function* memoryDifferences(data: MemoryData): AsyncGenerator<readonly Fault[]> {
  let portion: Fault[] = [];
  let count = 0;
  for (const faults of all(data)) {
    portion.push(...faults);
    if (++count % PORTION !== 0) continue;
    yield portion;
    portion = [];
    await setImmediate();
  }
  yield portion;
}

function* all(data: MemoryData): Generator<readonly Fault[]> {
  for (const [id, account] of data.accounts) yield accountFaults(data, id, account);
  for (const [ownerId, ids] of data.accountIds) {
    for (const id of ids) yield ownerFaults(data, ownerId, id);
  }
  for (const [id, transfer] of data.transfers) yield transferFaults(data, id, transfer);
  for (const [userId, places] of data.unbooked) {
    const ids = places.map(({ id }) => id);
    for (const id of ids) {
      const isRight = data.transfers.get(id)?.unbookedFor === userId && isOnce(ids, id);
      yield isRight ? [] : [{ kind: 'transfer_listing', transferId: id, detail: 'it does not belong there' }];
    }
  }
  for (const [accountId, ids] of data.holdIds) {
    for (const id of ids) yield holdFaults(data, accountId, id);
  }
  for (const [key, entries] of data.entries) {
    for (const entry of entries) {
      const { accountId, sequence, transferId } = entry;
      const isRight = accountId === key && data.entriesOfTransfers.get(transferId)?.includes(entry);
      yield isRight ? [] : [{ kind: 'entry_listing', accountId, sequence, transferId }];
    }
  }
  for (const [transferId, entries] of data.entriesOfTransfers) {
    for (const entry of entries) yield bookFaults(data, transferId, entry);
  }
  for (const [key, record] of data.records) {
    const written = data.written.records.get(key);
    const isRight = key === keyText(record) && written && recordText(record) === recordText(written);
    yield isRight ? [] : [{ kind: 'record_facts', key }];
  }
}

function accountFaults(data: MemoryData, id: string, account: Account): readonly Fault[] {
  const written = data.written.accounts.get(id);
  const isWhole = account.id === id && written && accountText(account) === accountText(written);
  const isListed =
    account.ownerId === null || data.accountIds.get(written?.ownerId ?? account.ownerId)?.includes(id);
  return [
    ...(isWhole ? [] : [{ kind: 'account_facts', accountId: id } as const]),
    ...(isListed ? [] : [{ kind: 'account_owner', accountId: id, detail: 'it is not listed' } as const]),
  ];
}

function ownerFaults(data: MemoryData, ownerId: string, accountId: string): readonly Fault[] {
  const written = data.written.accounts.get(accountId);
  if (written?.ownerId === ownerId && isOnce(data.accountIds.get(ownerId) ?? [], accountId)) return [];
  const detail = differs(ownerId, written?.ownerId);
  return [{ kind: 'account_owner', accountId, detail }];
}

function transferFaults(data: MemoryData, id: string, transfer: Transfer): readonly Fault[] {
  const written = data.written.transfers.get(id);
  const text = (one: Transfer) => transferText(one, undefined, sha256);
  const { unbookedFor } = transfer;
  const faults: Fault[] = [];
  if (transfer.id !== id || !written || text(transfer) !== text(written))
    faults.push({ kind: 'transfer_facts', transferId: id });
  if (unbookedFor !== null && !data.unbooked.get(unbookedFor)?.some((place) => place.id === id))
    faults.push({ kind: 'transfer_listing', transferId: id, detail: 'it is not listed' });
  for (const { accountId } of transfer.status === 'pending' ? transfer.legs : []) {
    if (!data.holdIds.get(accountId)?.has(id))
      faults.push({ kind: 'hold_listing', accountId, transferId: id, detail: 'it is not listed' });
  }
  return faults;
}

function holdFaults(data: MemoryData, accountId: string, transferId: string): readonly Fault[] {
  const hold = data.transfers.get(transferId);
  const isRight = hold?.status === 'pending' && hold.legs.some((leg) => leg.accountId === accountId);
  return isRight
    ? []
    : [{ kind: 'hold_listing', accountId, transferId, detail: 'nothing like it is pending' }];
}

function bookFaults(data: MemoryData, transferId: string, entry: LedgerEntry): readonly Fault[] {
  const { accountId, sequence } = entry;
  const book = data.entries.get(accountId) ?? [];
  // Its place, or any where a sequence was changed
  const isThere = book[sequence - 1] === entry || book.includes(entry);
  if (isThere && entry.transferId === transferId) return [];
  return [{ kind: 'entry_listing', accountId, sequence, transferId }];
}

/** Without what of a transfer is the transfer's own, and may be erased there. */
function recordText({ outcome, ...record }: IdempotencyRecord): string {
  const part = (one: TransferOutcome) => ({ ...one, transfer: one.transfer && stateOf(one.transfer) });
  switch (outcome.kind) {
    case 'batch':
      return valueText([record, outcome.members.map(part)]);
    case 'transferred':
    case 'refused':
      return valueText([record, part(outcome)]);
    case 'opened':
    case 'changed':
      return valueText([record, outcome]);
    default:
      return outcome satisfies never;
  }
}

function stateOf({ id, status, code, completedAt, amountCaptured }: Transfer) {
  return { id, status, code, completedAt, amountCaptured };
}

function isOnce(ids: readonly string[], id: string): boolean {
  return ids.indexOf(id) === ids.lastIndexOf(id);
}
