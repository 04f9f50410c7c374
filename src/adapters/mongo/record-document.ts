import { keyText } from '../../domain/idempotency.ts';
import type { IdempotencyKey, IdempotencyRecord } from '../../domain/idempotency.ts';
import type { RefusalCode } from '../../domain/errors.ts';
import type { Balances, Outcome, TransferOutcome } from '../../domain/outcome.ts';
import { accountFields, accountOf } from './account-document.ts';
import type { AccountFields } from './account-document.ts';
import { standingOf, transferOf } from './transfer-document.ts';
import type { TransferDocument, TransferStanding } from './transfer-document.ts';

/**
 * A transfer stands in its own collection, and here is only what of it may change later, as it then was: so a text
 * that is erased there is erased.
 */
type TransferOutcomeDocument =
  | {
      readonly kind: 'transferred';
      readonly transferId: string;
      readonly standing: TransferStanding;
      readonly balances: readonly Balances[];
    }
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly transferId: string | null };

type OutcomeDocument =
  | TransferOutcomeDocument
  | { readonly kind: 'opened' | 'changed'; readonly accountId: string; readonly account: AccountFields }
  | { readonly kind: 'batch'; readonly members: readonly TransferOutcomeDocument[] };

export type RecordDocument = {
  /** The key's text: scope, operation and key in one. */
  readonly _id: string;
  readonly request: {
    readonly version: 1;
    /** In the order in which a difference is named; BSON keeps it. */
    readonly fields: Readonly<Record<string, string | null>>;
  };
  readonly outcome: OutcomeDocument;
  readonly at: Date;
};

export function recordDocument(record: IdempotencyRecord): RecordDocument {
  const { version, fields } = record.request;
  return {
    _id: keyText(record),
    request: { version, fields: Object.fromEntries(fields) },
    outcome: outcomeDocument(record.outcome),
    at: new Date(record.at),
  };
}

/** The transfers that must be read before the record can be told. */
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
  { scope, operation, key }: IdempotencyKey,
  { request, outcome, at }: RecordDocument,
  transfers: ReadonlyMap<string, TransferDocument>,
): IdempotencyRecord {
  return {
    scope,
    operation,
    key,
    request: { version: request.version, fields: Object.entries(request.fields) },
    outcome: outcomeOf(outcome, transfers),
    at: at.getTime(),
  };
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
  return { kind: 'transferred', transferId: transfer.id, standing: standingOf(transfer), balances };
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
  if (outcome.kind === 'refused') {
    // A rejection stands as it was made
    return { kind: 'refused', code: outcome.code, transfer: transfer ? transferOf(transfer) : null };
  }
  const { transferId, standing, balances } = outcome;
  if (!transfer) throw new TypeError(`Transfer ${transferId} is recorded and not there`);
  return { kind: 'transferred', transfer: transferOf(transfer, standing), balances };
}
