import type { EntryView } from '../../../application/reporting/list-entries.ts';

/** Names of the steps of a payment that are not plain ones. */
const STEPS: Partial<Record<EntryView['step'], string>> = {
  held: 'Reserved',
  voided: 'Reservation cancelled',
  expired: 'Reservation expired',
};

const KINDS: Readonly<Record<EntryView['kind'], string>> = {
  transfer: 'Payment',
  initial_funds: 'Deposit',
  withdrawal: 'Withdrawal',
  reversal: 'Refund',
};

/** Names what a payment is. */
export function kindText(kind: EntryView['kind']): string {
  return KINDS[kind];
}

/** Whether an entry changed the balance. Others reserve money, or end a reservation. */
export function isPosted({ step }: Pick<EntryView, 'step'>): boolean {
  return step === 'completed' || step === 'captured';
}

/** The name of the other side, or what the entry is. */
export function entryTitle(entry: EntryView): string {
  return entry.counterparty?.name ?? KINDS[entry.kind];
}

/** Further words about an entry: its kind or step, its message and its reference. */
export function entryNote(entry: EntryView): string {
  const hasName = typeof entry.counterparty?.name === 'string';
  const kind = entry.kind !== 'transfer' && hasName ? KINDS[entry.kind] : '';
  return [STEPS[entry.step] ?? '', kind, entry.description ?? '', entry.reference ?? '']
    .filter((text) => text !== '')
    .join(' · ');
}
