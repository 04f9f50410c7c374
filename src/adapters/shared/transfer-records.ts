import type { Changes } from '../../domain/books/changes.ts';
import type { IdempotencyRecord } from '../../domain/books/idempotency.ts';

/**
 * Splits idempotency records into those of commands that made one transfer, by transfer and in stored form, and all
 * others.
 */
export function splitRecords<Own>(
  { transfers, records }: Changes,
  ownRecord: (record: IdempotencyRecord) => Own,
): { readonly own: ReadonlyMap<string, Own>; readonly others: readonly IdempotencyRecord[] } {
  const made = new Set(transfers.flatMap(({ before, after }) => (before ? [] : after.id)));
  const own = new Map<string, Own>();
  const others: IdempotencyRecord[] = [];
  for (const record of records) {
    const id = ownTransferId(record);
    if (id !== null && made.has(id)) own.set(id, ownRecord(record));
    else others.push(record);
  }
  return { own, others };
}

/** A capture or void ends a transfer that another command made. */
function ownTransferId({ operation, outcome }: IdempotencyRecord): string | null {
  if (outcome.kind !== 'transferred' && outcome.kind !== 'refused') return null;
  return operation === 'capture' || operation === 'void' ? null : (outcome.transfer?.id ?? null);
}
