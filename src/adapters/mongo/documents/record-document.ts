import type { Binary } from 'mongodb';
import { keyText } from '../../../domain/books/idempotency.ts';
import type { IdempotencyKey, IdempotencyRecord } from '../../../domain/books/idempotency.ts';
import type { Outcome, TransferOutcome } from '../../../domain/books/outcome.ts';
import type { RefusalCode } from '../../../domain/errors.ts';
import {
  balancesFromText,
  balancesToText,
  requestFromText,
  requestToText,
} from '../../shared/compact-json.ts';
import { valueText } from '../../shared/row-digest.ts';
import { accountFields, accountOf } from './account-document.ts';
import type { AccountFields } from './account-document.ts';
import { digestBinary } from './digest.ts';
import { storedProgress, transferOf } from './transfer-document.ts';
import type { InlineRecord, TransferDocument, StoredProgress } from './transfer-document.ts';

/**
 * A transfer has its own document. The record contains only its changeable facts at that time, so a text that is erased
 * there is erased here too.
 */
type TransferOutcomeDocument =
  | {
      readonly kind: 'transferred';
      readonly transferId: string;
      readonly standing: StoredProgress;
      readonly balances: string;
    }
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly transferId: string | null };

type OutcomeDocument =
  | TransferOutcomeDocument
  | { readonly kind: 'opened' | 'changed'; readonly accountId: string; readonly account: AccountFields }
  | { readonly kind: 'batch'; readonly members: readonly TransferOutcomeDocument[] };

/** The record of a command that made no single transfer. */
export type RecordDocument = {
  /** The key's text. */
  readonly _id: string;
  readonly request: string;
  readonly outcome: OutcomeDocument;
  readonly at: Date;
  /** Covers the whole record. */
  readonly digest: Binary;
};

export function inlineRecord(record: IdempotencyRecord): InlineRecord {
  const { outcome, request, at } = record;
  return {
    key: keyText(record),
    request: requestToText(request),
    balances: balancesToText(outcome.kind === 'transferred' ? outcome.balances : []),
    at: new Date(at),
  };
}

export function recordDocument(record: IdempotencyRecord): RecordDocument {
  const facts = {
    _id: keyText(record),
    request: requestToText(record.request),
    outcome: outcomeDocument(record.outcome),
    at: new Date(record.at),
  };
  return { ...facts, digest: recordDigest(facts) };
}

export function recordDigest({ _id, request, outcome, at }: Omit<RecordDocument, 'digest'>): Binary {
  return digestBinary(valueText(['record 1', _id, request, outcome, at]));
}

/** Ids of the transfers that must be read to restore the record. */
export function transferIdsOf({ outcome }: RecordDocument): readonly string[] {
  switch (outcome.kind) {
    case 'transferred':
    case 'refused':
      return outcome.transferId === null ? [] : [outcome.transferId];
    case 'opened':
    case 'changed':
      return [];
    case 'batch':
      return outcome.members.flatMap(({ transferId }) => transferId ?? []);
    default:
      return outcome satisfies never;
  }
}

export function recordOf(
  key: IdempotencyKey,
  document: RecordDocument,
  transfers: ReadonlyMap<string, TransferDocument>,
): IdempotencyRecord {
  return {
    ...onlyKey(key),
    request: requestFromText(document.request),
    outcome: outcomeOf(document.outcome, transfers),
    at: document.at.getTime(),
  };
}

/**
 * Restores a record from its transfer's document. Initially a hold was pending, and any other transfer completed or
 * rejected.
 */
export function recordOfTransfer(
  key: IdempotencyKey,
  { document, record }: { document: TransferDocument; record: InlineRecord },
): IdempotencyRecord {
  const { status, code, createdAt, expiresAt } = document;
  const at = { request: requestFromText(record.request), at: record.at.getTime() };
  if (status === 'rejected') {
    const outcome = { kind: 'refused', code: code as RefusalCode, transfer: transferOf(document) } as const;
    return { ...onlyKey(key), ...at, outcome };
  }
  const standing: StoredProgress = {
    status: expiresAt ? 'pending' : 'completed',
    code: null,
    completedAt: expiresAt ? null : createdAt,
    amountCaptured: null,
    reversed: null,
  };
  const transfer = transferOf(document, standing);
  const balances = balancesFromText(record.balances);
  return { ...onlyKey(key), ...at, outcome: { kind: 'transferred', transfer, balances } };
}

function onlyKey({ scope, operation, key }: IdempotencyKey): IdempotencyKey {
  return { scope, operation, key };
}

function outcomeDocument(outcome: Outcome): OutcomeDocument {
  switch (outcome.kind) {
    case 'transferred':
    case 'refused':
      return transferOutcomeDocument(outcome);
    case 'opened':
    case 'changed': {
      const { kind, account } = outcome;
      return { kind, accountId: account.id, account: accountFields(account) };
    }
    case 'batch':
      return { kind: 'batch', members: outcome.members.map(transferOutcomeDocument) };
    default:
      return outcome satisfies never;
  }
}

function transferOutcomeDocument(outcome: TransferOutcome): TransferOutcomeDocument {
  if (outcome.kind === 'refused') {
    return { kind: 'refused', code: outcome.code, transferId: outcome.transfer?.id ?? null };
  }
  const { transfer, balances } = outcome;
  return {
    kind: 'transferred',
    transferId: transfer.id,
    standing: storedProgress(transfer),
    balances: balancesToText(balances),
  };
}

function outcomeOf(outcome: OutcomeDocument, transfers: ReadonlyMap<string, TransferDocument>): Outcome {
  switch (outcome.kind) {
    case 'transferred':
    case 'refused':
      return transferOutcomeOf(outcome, transfers);
    case 'opened':
    case 'changed':
      return { kind: outcome.kind, account: accountOf(outcome.accountId, outcome.account) };
    case 'batch':
      return {
        kind: 'batch',
        members: outcome.members.map((member) => transferOutcomeOf(member, transfers)),
      };
    default:
      return outcome satisfies never;
  }
}

function transferOutcomeOf(
  outcome: TransferOutcomeDocument,
  transfers: ReadonlyMap<string, TransferDocument>,
): TransferOutcome {
  const transfer = transfers.get(outcome.transferId ?? '');
  if (outcome.transferId !== null && !transfer)
    throw new TypeError(`Transfer ${outcome.transferId} of a record is missing`);
  if (outcome.kind === 'refused') {
    // A rejection never changes
    return { kind: 'refused', code: outcome.code, transfer: transfer ? transferOf(transfer) : null };
  }
  const { standing, balances } = outcome;
  return {
    kind: 'transferred',
    transfer: transferOf(transfer as TransferDocument, standing),
    balances: balancesFromText(balances),
  };
}
