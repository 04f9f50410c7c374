import type { AccountRef, Expiry, LegInstruction, TransferInstruction } from '../../domain/books/command.ts';
import { invalid } from '../../domain/errors.ts';
import { MAX_AMOUNT } from '../../domain/money/money.ts';
import type { Metadata } from '../../domain/entities/metadata.ts';
import type { Clock, IdGenerator } from '../ports/runtime.ts';
import {
  DESCRIPTION_MAX_LENGTH,
  REFERENCE_MAX_LENGTH,
  optionalCurrency,
  optionalExternalId,
  optionalMetadata,
  optionalText,
  requireAmount,
  requireInstant,
} from '../validation.ts';
import { requireAccountId } from '../accounts/account-ids.ts';
import type { IdOfNumber } from '../accounts/account-ids.ts';

const HOLD_SECONDS = 7 * 24 * 60 * 60;
const HOLD_SECONDS_MAX = 31 * 24 * 60 * 60;
export const LEGS_MAX = 100;

/** One leg of a transfer. The amount is in minor units; an account number can stand for the id. */
export type LegRequest = {
  readonly accountId: string;
  readonly direction: 'debit' | 'credit';
  readonly amount: bigint;
};

export type TransferRequestFields = {
  /** Account to debit, by its id or number. Required with `destinationAccountId` and `amount`, unless `legs` replaces all three. */
  readonly sourceAccountId?: string;
  readonly destinationAccountId?: string;
  /** Amount in minor units: 500n is 5.00 in a currency with two decimals. */
  readonly amount?: bigint;
  /** One debit and many credits, or many debits and one credit. Both sides have the same total. */
  readonly legs?: readonly LegRequest[];
  /** Currency that all accounts must have. Default: the accounts' own currency. */
  readonly currency?: string;
  /** Makes a hold, reserved until it is captured, voided or expires. Default expiry: 7 days; maximum: 31 days. */
  readonly pending?: boolean;
  readonly expiresAt?: number;
  readonly expiresInSeconds?: number;
  /** Text that all parties can see. */
  readonly description?: string;
  /** Short text that all parties can see, such as the number of an invoice; 1 to 35 printable characters. */
  readonly reference?: string;
  /** Id of the transfer in the calling program, unique among transfers that were not rejected. */
  readonly externalId?: string;
  /** Pairs that only the actor and the system can see. */
  readonly metadata?: Metadata;
};

/** A request's fields in recorded form. The first differing field, in this order, is the one reported. */
export type NormalisedTransfer = Readonly<
  Record<'description' | 'reference' | 'externalId', string | null> &
    Record<'metadata', Metadata | null> &
    Record<
      | 'sourceAccountId'
      | 'destinationAccountId'
      | 'amount'
      | 'currency'
      | 'legs'
      | 'pending'
      | 'expiresAt'
      | 'expiresInSeconds',
      string | bigint | null
    >
>;

/**
 * Checks the form of one transfer and draws its ids.
 * @throws PassbookError `invalid_request`
 */
export function readTransferRequest(
  request: TransferRequestFields,
  ports: { ids: IdGenerator; clock: Clock; idOf: IdOfNumber },
): { instruction: TransferInstruction; fields: NormalisedTransfer } {
  const { idOf } = ports;
  const legs = request.legs === undefined ? pairOf(request, idOf) : legsOf(request, request.legs, idOf);
  const hold = holdOf(request, ports.clock);
  if (hold && request.legs) throw invalid('pending', 'cannot be asked of a transfer with several legs');
  const currency = optionalCurrency(request.currency);
  const description = optionalText('description', request.description, DESCRIPTION_MAX_LENGTH);
  const reference = optionalText('reference', request.reference, REFERENCE_MAX_LENGTH);
  const externalId = optionalExternalId(request.externalId);
  const metadata = optionalMetadata(request.metadata);
  const instruction: TransferInstruction = {
    id: ports.ids.newId(),
    salt: ports.ids.newSalt(),
    kind: 'transfer',
    legs,
    currency,
    hold,
    description,
    reference,
    externalId,
    metadata,
  };
  const accountId = (field: 'sourceAccountId' | 'destinationAccountId') =>
    request[field] === undefined ? null : requireAccountId(field, request[field], idOf);
  const fields = {
    sourceAccountId: accountId('sourceAccountId'),
    destinationAccountId: accountId('destinationAccountId'),
    amount: request.amount ?? null,
    currency,
    description,
    metadata,
    legs: request.legs ? JSON.stringify(request.legs.map((one) => textOfLeg(one, idOf))) : null,
    pending: hold ? 'true' : null,
    expiresAt: request.expiresAt?.toString() ?? null,
    expiresInSeconds: hold && 'inSeconds' in hold ? hold.inSeconds.toString() : null,
    reference,
    externalId,
  };
  return { instruction, fields };
}

export function leg(account: AccountRef, direction: 'debit' | 'credit', amount: bigint): LegInstruction {
  return { account, direction, amount };
}

/** Returns the ids and numbers of accounts in a request that is not checked yet. */
export function accountsIn({
  sourceAccountId,
  destinationAccountId,
  legs,
}: TransferRequestFields): readonly unknown[] {
  const accountIds: readonly unknown[] = [sourceAccountId, destinationAccountId];
  return Array.isArray(legs)
    ? [...accountIds, ...legs.slice(0, LEGS_MAX).map((one: LegRequest | null) => one?.accountId)]
    : accountIds;
}

function pairOf(request: TransferRequestFields, idOf: IdOfNumber): readonly LegInstruction[] {
  const sourceAccountId = requireAccountId('sourceAccountId', request.sourceAccountId, idOf);
  const destinationAccountId = requireAccountId('destinationAccountId', request.destinationAccountId, idOf);
  const amount = requireAmount(request.amount);
  return [
    leg({ accountId: sourceAccountId }, 'debit', amount),
    leg({ accountId: destinationAccountId }, 'credit', amount),
  ];
}

function legsOf(
  request: TransferRequestFields,
  legs: readonly LegRequest[],
  idOf: IdOfNumber,
): readonly LegInstruction[] {
  for (const field of ['sourceAccountId', 'destinationAccountId', 'amount'] as const) {
    if (request[field] !== undefined) throw invalid(field, 'must be left out where "legs" are given');
  }
  const count = Array.isArray(legs) ? legs.length : 0;
  if (count < 2 || count > LEGS_MAX) throw invalid('legs', `must be 2 to ${LEGS_MAX}`);
  const read = legs.map((one, index) => readLeg(one, `legs.${index}`, idOf));
  const debits = read.filter(({ direction }) => direction === 'debit');
  const credits = read.filter(({ direction }) => direction === 'credit');
  if (debits.length !== 1 && credits.length !== 1) throw invalid('legs', 'must have one debit or one credit');
  if (sum(debits) !== sum(credits)) throw invalid('legs', 'must have debits and credits that are equal');
  if (sum(debits) > MAX_AMOUNT) throw invalid('legs', `must move at most ${MAX_AMOUNT}`);
  return [...debits, ...credits];
}

function readLeg(one: LegRequest, field: string, idOf: IdOfNumber): LegInstruction {
  if (typeof one !== 'object' || one === null) throw invalid(field, 'must be a leg');
  const accountId = requireAccountId(`${field}.accountId`, one.accountId, idOf);
  if (one.direction !== 'debit' && one.direction !== 'credit') {
    throw invalid(`${field}.direction`, 'must be "debit" or "credit"');
  }
  return leg({ accountId }, one.direction, requireAmount(one.amount, `${field}.amount`));
}

function sum(legs: readonly LegInstruction[]): bigint {
  return legs.reduce((total, { amount }) => total + amount, 0n);
}

function textOfLeg({ accountId, direction, amount }: LegRequest, idOf: IdOfNumber): readonly string[] {
  return [requireAccountId('accountId', accountId, idOf), direction, amount.toString()];
}

function holdOf(
  { pending, expiresAt, expiresInSeconds }: TransferRequestFields,
  clock: Clock,
): Expiry | null {
  if (pending !== undefined && typeof pending !== 'boolean')
    throw invalid('pending', 'must be true or false');
  if (pending !== true) {
    if (expiresAt !== undefined) throw invalid('expiresAt', 'is for a pending transfer');
    if (expiresInSeconds !== undefined) throw invalid('expiresInSeconds', 'is for a pending transfer');
    return null;
  }
  if (expiresAt === undefined) return { inSeconds: requireHoldSeconds(expiresInSeconds) };
  if (expiresInSeconds !== undefined)
    throw invalid('expiresInSeconds', 'and "expiresAt" exclude one another');

  requireInstant('expiresAt', expiresAt);
  const last = clock.now() + HOLD_SECONDS_MAX * 1000;
  if (expiresAt > last) throw invalid('expiresAt', 'must be at most 31 days ahead');
  // The decision rejects a past expiry, after it has looked for a recorded answer
  return { at: expiresAt };
}

function requireHoldSeconds(seconds = HOLD_SECONDS): number {
  if (!Number.isSafeInteger(seconds) || seconds < 1 || seconds > HOLD_SECONDS_MAX) {
    throw invalid('expiresInSeconds', `must be an integer from 1 to ${HOLD_SECONDS_MAX}`);
  }
  return seconds;
}
