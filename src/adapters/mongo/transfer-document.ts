import { Transfer } from '../../domain/transfer.ts';
import type { TransferState } from '../../domain/transfer.ts';
import type { Instant } from '../../domain/time.ts';

type Dated = 'expiresAt' | 'createdAt' | 'completedAt';

export type TransferDocument = Omit<TransferState, 'id' | 'erased' | Dated> & {
  readonly _id: string;
  readonly parties: readonly string[];
  readonly expiresAt: Date | null;
  readonly createdAt: Date;
  readonly completedAt: Date | null;
};

/** Of a transfer, what a later step may change. */
export type TransferStanding = Pick<
  TransferDocument,
  'status' | 'code' | 'completedAt' | 'amountCaptured' | 'reversed'
>;

export function transferDocument(transfer: Transfer): TransferDocument {
  if (transfer.erased) throw new TypeError('to come');
  return {
    _id: transfer.id,
    kind: transfer.kind,
    ...standingOf(transfer),
    legs: transfer.legs.map(({ accountId, ownerId, direction, amount }) => ({
      accountId,
      ownerId,
      direction,
      amount,
    })),
    parties: transfer.parties,
    currency: transfer.currency,
    exponent: transfer.exponent,
    initiator: { kind: transfer.initiator.kind, id: transfer.initiator.id },
    payerName: transfer.payerName,
    description: transfer.description,
    metadata: transfer.metadata,
    salt: transfer.salt,
    expiresAt: dateOf(transfer.expiresAt),
    reverses: transfer.reverses,
    batchId: transfer.batchId,
    createdAt: new Date(transfer.createdAt),
  };
}

export function standingOf(transfer: Transfer): TransferStanding {
  if (transfer.erased) throw new TypeError('to come');
  return {
    status: transfer.status,
    code: transfer.code,
    completedAt: dateOf(transfer.completedAt),
    amountCaptured: transfer.amountCaptured,
    reversed: transfer.reversed && [...transfer.reversed],
  };
}

/** As it stands, or as it stood. */
export function transferOf(document: TransferDocument, standing: TransferStanding = document): Transfer {
  const { _id, parties: _parties, ...facts } = document;
  const { status, code, completedAt, amountCaptured, reversed } = standing;
  return Transfer.restore({
    ...facts,
    id: _id,
    status,
    code,
    expiresAt: instantOf(facts.expiresAt),
    createdAt: facts.createdAt.getTime(),
    completedAt: instantOf(completedAt),
    amountCaptured,
    reversed,
    erased: null,
  });
}

function dateOf(instant: Instant | null): Date | null {
  return instant === null ? null : new Date(instant);
}

function instantOf(date: Date | null): Instant | null {
  return date === null ? null : date.getTime();
}
