import { keyText } from '../../domain/idempotency.ts';
import type { IdempotencyKey, IdempotencyRecord } from '../../domain/idempotency.ts';
import type { RefusalCode } from '../../domain/errors.ts';
import type { Balances, Outcome } from '../../domain/outcome.ts';
import { accountFields, accountOf } from './account-document.ts';
import type { AccountFields } from './account-document.ts';
import { standingOf, transferOf } from './transfer-document.ts';
import type { TransferDocument, TransferStanding } from './transfer-document.ts';

/**
 * A transfer stands in its own collection, and here is only what of it may change later, as it then was: so a text
 * that is erased there is erased.
 */
type OutcomeDocument =
  | {
      readonly kind: 'transferred';
      readonly transferId: string;
      readonly standing: TransferStanding;
      readonly balances: readonly Balances[];
    }
  | { readonly kind: 'opened'; readonly accountId: string; readonly account: AccountFields }
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly transferId: string | null };

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

/** The transfer that must be read before the record can be told; null for none. */
export function transferIdOf({ outcome }: RecordDocument): string | null {
  return outcome.kind === 'opened' ? null : outcome.transferId;
}

export function recordOf(
  { scope, operation, key }: IdempotencyKey,
  { request, outcome, at }: RecordDocument,
  transfer: TransferDocument | undefined,
): IdempotencyRecord {
  return {
    scope,
    operation,
    key,
    request: { version: request.version, fields: Object.entries(request.fields) },
    outcome: outcomeOf(outcome, transfer),
    at: at.getTime(),
  };
}

function outcomeDocument(outcome: Outcome): OutcomeDocument {
  switch (outcome.kind) {
    case 'transferred': {
      const { transfer, balances } = outcome;
      return { kind: 'transferred', transferId: transfer.id, standing: standingOf(transfer), balances };
    }
    case 'opened': {
      const { account } = outcome;
      return { kind: 'opened', accountId: account.id, account: accountFields(account) };
    }
    case 'refused':
      return { kind: 'refused', code: outcome.code, transferId: outcome.transfer?.id ?? null };
    default:
      return outcome satisfies never;
  }
}

function outcomeOf(outcome: OutcomeDocument, transfer: TransferDocument | undefined): Outcome {
  switch (outcome.kind) {
    case 'transferred': {
      const { transferId, standing, balances } = outcome;
      if (!transfer) throw new TypeError(`Transfer ${transferId} is recorded and not there`);
      return { kind: 'transferred', transfer: transferOf(transfer, standing), balances };
    }
    case 'opened':
      return { kind: 'opened', account: accountOf(outcome.accountId, outcome.account) };
    case 'refused':
      // A rejection stands as it was made
      return { kind: 'refused', code: outcome.code, transfer: transfer ? transferOf(transfer) : null };
    default:
      return outcome satisfies never;
  }
}
