import { invalid } from '../../domain/errors.ts';
import type { Direction } from '../../domain/entities/counters.ts';
import type { Instant } from '../../domain/time.ts';
import type { Metadata } from '../../domain/entities/metadata.ts';
import type { TransferKind, TransferStatus } from '../../domain/entities/transfer.ts';
import type { ListRequest } from '../page.ts';
import { readAccountId, requireAccountId } from '../accounts/account-ids.ts';
import type { LedgerReads } from '../ports/ledger-store.ts';
import {
  REFERENCE_MAX_LENGTH,
  optionalMetadata,
  optionalText,
  requireAmount,
  requireInstant,
  requirePeriod,
} from '../validation.ts';

/** Conditions on a list's items. An item must meet all that are present. */
export type HistoryFilter = {
  /** Start of the period, inclusive. */
  readonly from?: Instant;
  /** End of the period, exclusive. */
  readonly to?: Instant;
  readonly direction?: Direction;
  /** An account of the other side, as shown to the viewer: its id, number, or the last four characters of its id. */
  readonly counterparty?: string;
  /** Lower bound in minor units. Both bounds are inclusive. */
  readonly minAmount?: bigint;
  readonly maxAmount?: bigint;
  /** Status of the transfer when the page is read. */
  readonly status?: TransferStatus;
  readonly kind?: TransferKind;
  /** Pairs that must all match, in metadata that the viewer may see. */
  readonly metadata?: Metadata;
  /** The whole reference. */
  readonly reference?: string;
};

export type HistoryRequest = ListRequest & HistoryFilter;

/** The facts of an item that the conditions test. */
export type HistoryFacts = {
  readonly at: Instant;
  readonly directions: readonly Direction[];
  readonly counterparties: readonly string[];
  readonly amount: bigint;
  readonly status: TransferStatus;
  readonly kind: TransferKind;
  readonly metadata: Metadata | null;
  readonly reference: string | null;
};

export const DIRECTIONS = ['debit', 'credit'] as const satisfies readonly Direction[];
export const STATUSES = [
  'completed',
  'pending',
  'voided',
  'expired',
  'rejected',
] as const satisfies readonly TransferStatus[];
export const KINDS = [
  'transfer',
  'initial_funds',
  'withdrawal',
  'reversal',
] as const satisfies readonly TransferKind[];

/** @throws PassbookError `invalid_request` naming a malformed condition */
export function requireFilter(filter: HistoryFilter): void {
  for (const field of ['from', 'to'] as const) {
    if (filter[field] !== undefined) requireInstant(field, filter[field]);
  }
  requireOneOf('direction', filter.direction, DIRECTIONS);
  requireOneOf('status', filter.status, STATUSES);
  requireOneOf('kind', filter.kind, KINDS);
  for (const field of ['minAmount', 'maxAmount'] as const) {
    if (filter[field] !== undefined) requireAmount(filter[field], field);
  }
  if (filter.counterparty !== undefined) requireAccountId('counterparty', filter.counterparty, (id) => id);
  optionalText('reference', filter.reference, REFERENCE_MAX_LENGTH);
  optionalMetadata(filter.metadata);

  const { from, to, minAmount, maxAmount } = filter;
  if (from !== undefined && to !== undefined) requirePeriod({ from, to });
  if (minAmount !== undefined && maxAmount !== undefined && minAmount > maxAmount) {
    throw invalid('minAmount', 'must not be above "maxAmount"');
  }
}

/** Returns the filter with the id of the counterparty in place of its number. */
export async function withCounterpartyId<F extends HistoryFilter>(reads: LedgerReads, filter: F): Promise<F> {
  const { counterparty } = filter;
  if (counterparty === undefined) return filter;
  return { ...filter, counterparty: await readAccountId(reads, counterparty, 'counterparty') };
}

/** Returns the conditions in a fixed order, for JSON. Equivalent filters return equal terms. */
export function filterTerms(filter: HistoryFilter): readonly unknown[] {
  const {
    from,
    to,
    direction,
    counterparty,
    minAmount,
    maxAmount,
    status,
    kind,
    metadata = {},
    reference,
  } = filter;
  return [
    from,
    to,
    direction,
    counterparty,
    minAmount?.toString(),
    maxAmount?.toString(),
    status,
    kind,
    Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)),
    ...(reference === undefined ? [] : [reference]),
  ];
}

/** Returns whether the filter has a condition without an index. */
export function isSelective(filter: HistoryFilter): boolean {
  const { direction, counterparty, minAmount, maxAmount, status, kind, metadata, reference } = filter;
  const others = [direction, counterparty, minAmount, maxAmount, status, kind, metadata, reference];
  return others.some((condition) => condition !== undefined);
}

export function matches(filter: HistoryFilter, facts: HistoryFacts): boolean {
  const { from = -Infinity, to = Infinity, minAmount = 0n, maxAmount } = filter;
  const { direction, counterparty, status, kind, metadata = {}, reference } = filter;
  return (
    facts.at >= from &&
    facts.at < to &&
    (direction === undefined || facts.directions.includes(direction)) &&
    (counterparty === undefined || facts.counterparties.includes(counterparty)) &&
    facts.amount >= minAmount &&
    (maxAmount === undefined || facts.amount <= maxAmount) &&
    (status === undefined || facts.status === status) &&
    (kind === undefined || facts.kind === kind) &&
    (reference === undefined || facts.reference === reference) &&
    Object.entries(metadata).every(([name, text]) => facts.metadata?.[name] === text)
  );
}

function requireOneOf(field: string, value: string | undefined, allowed: readonly string[]): void {
  if (value !== undefined && !allowed.includes(value)) {
    throw invalid(field, `must be one of ${allowed.join(', ')}`);
  }
}
