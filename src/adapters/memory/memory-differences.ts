import { sha256 } from '../shared/sha256.ts';
import { nextTurn } from '../../application/event-loop.ts';
import { isNewer, positionOf } from '../../application/ports/transfer-position.ts';
import type { TransferPosition } from '../../application/ports/transfer-position.ts';
import { accountText, transferText, valueText } from '../shared/row-digest.ts';
import type { Account } from '../../domain/entities/account.ts';
import { keyText } from '../../domain/books/idempotency.ts';
import { identifierText, identifiersOfAccount, identifiersOfTransfer } from '../../domain/books/prefetch.ts';
import type { IdempotencyRecord } from '../../domain/books/idempotency.ts';
import type { LedgerEntry } from '../../domain/entities/ledger-entry.ts';
import type { TransferOutcome } from '../../domain/books/outcome.ts';
import type { Transfer } from '../../domain/entities/transfer.ts';
import { differs } from '../../domain/verification/faults.ts';
import type { Fault } from '../../domain/verification/faults.ts';
import { expiresAfter, pendingHold } from './memory-data.ts';
import type { MemoryData, PendingHold } from './memory-data.ts';
import { findSorted } from './sorted-list.ts';

const PORTION = 500;

/** Compares lists with the records that they list, and written entities with the current ones. */
export async function* memoryDifferences(data: MemoryData): AsyncGenerator<readonly Fault[]> {
  let portion: Fault[] = [];
  let count = 0;
  for (const faults of all(data)) {
    portion.push(...faults);
    if (++count % PORTION !== 0) continue;
    yield portion;
    portion = [];
    await nextTurn();
  }
  yield portion;
}

function* all(data: MemoryData): Generator<readonly Fault[]> {
  for (const [id, account] of data.accounts) yield accountFaults(data, id, account);
  for (const [ownerId, ids] of data.accountIds) {
    for (const id of ids) yield ownerFaults(data, ownerId, id);
  }
  for (const [text, id] of data.identifiers) yield identifierFaults(data, text, id);
  for (const [id, transfer] of data.transfers) yield transferFaults(data, id, transfer);
  for (const [userId, places] of data.unbooked) {
    for (const [index, place] of places.entries()) {
      const transfer = data.transfers.get(place.id);
      const isRight = transfer?.unbookedFor === userId && isPlaced(places, index, positionOf(transfer));
      yield isRight
        ? []
        : [{ kind: 'transfer_listing', transferId: place.id, detail: 'it does not belong there' }];
    }
  }
  for (const [accountId, holds] of data.pending) {
    for (const hold of holds) yield pendingFaults(data, accountId, hold);
  }
  for (const [accountId, places] of data.placed) {
    for (const [index, { id }] of places.entries()) {
      const hold = data.transfers.get(id);
      const isRight = hold && isHoldOn(hold, accountId) && isPlaced(places, index, positionOf(hold));
      yield isRight ? [] : [holdFault({ accountId, transferId: id }, 'it does not belong there')];
    }
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

function identifierFaults(data: MemoryData, text: string, id: string): readonly Fault[] {
  const account = data.accounts.get(id);
  const transfer = data.transfers.get(id);
  const identifiers = [
    ...(account ? identifiersOfAccount(account) : []),
    ...(transfer ? identifiersOfTransfer(transfer) : []),
  ];
  if (identifiers.some((identifier) => identifierText(identifier) === text)) return [];
  const detail = `${text} belongs to nothing`;
  return [
    account
      ? { kind: 'account_number', accountId: id, detail }
      : { kind: 'transfer_facts', transferId: id, detail },
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
  const place = positionOf(transfer);
  if (unbookedFor !== null && !findSorted(data.unbooked.get(unbookedFor) ?? [], place, isNewer))
    faults.push({ kind: 'transfer_listing', transferId: id, detail: 'it is not listed' });
  for (const { accountId } of transfer.isHold ? transfer.legs : []) {
    if (!findSorted(data.placed.get(accountId) ?? [], place, isNewer))
      faults.push(holdFault({ accountId, transferId: id }, 'it is not listed'));
    if (transfer.status === 'pending' && !listedHold(data, transfer, accountId))
      faults.push(holdFault({ accountId, transferId: id }, 'it is not listed as pending'));
  }
  return faults;
}

/** A sorted list names each transfer once. */
function isPlaced(places: readonly TransferPosition[], index: number, right: TransferPosition): boolean {
  const [before, place] = [places[index - 1], places[index]];
  if (place?.id !== right.id || place.at !== right.at) return false;
  return before === undefined || isNewer(place, before);
}

function pendingFaults(data: MemoryData, accountId: string, listed: PendingHold): readonly Fault[] {
  const hold = data.transfers.get(listed.id);
  const right =
    hold && hold.status === 'pending' && isHoldOn(hold, accountId) && pendingHold(hold, accountId);
  const isRight =
    right &&
    listed.expiresAt === right.expiresAt &&
    listed.debits === right.debits &&
    listed.credits === right.credits &&
    listedHold(data, hold, accountId) === listed;
  return isRight ? [] : [holdFault({ accountId, transferId: listed.id }, 'no such hold is pending')];
}

function listedHold(data: MemoryData, hold: Transfer, accountId: string): PendingHold | undefined {
  return findSorted(data.pending.get(accountId) ?? [], pendingHold(hold, accountId), expiresAfter);
}

function isHoldOn(transfer: Transfer, accountId: string): boolean {
  return transfer.isHold && transfer.legs.some((leg) => leg.accountId === accountId);
}

function holdFault(place: { accountId: string; transferId: string }, detail: string): Fault {
  return { kind: 'hold_listing', ...place, detail };
}

function bookFaults(data: MemoryData, transferId: string, entry: LedgerEntry): readonly Fault[] {
  const { accountId, sequence } = entry;
  const book = data.entries.get(accountId) ?? [];
  // At its position, or anywhere if a sequence was changed
  const isThere = book[sequence - 1] === entry || book.includes(entry);
  if (isThere && entry.transferId === transferId) return [];
  return [{ kind: 'entry_listing', accountId, sequence, transferId }];
}

/** A record without its transfers' own facts, whose texts may be erased in the transfer. */
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
