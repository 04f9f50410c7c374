/** Sums of an account's debits and credits, in minor units. Posted sums only grow. */
export type Counters = {
  readonly debitsPosted: bigint;
  readonly creditsPosted: bigint;
  readonly debitsPending: bigint;
  readonly creditsPending: bigint;
};

/** Sums of pending debits and credits, in minor units. */
export type PendingSums = { readonly debits: bigint; readonly credits: bigint };

export const NOTHING_PENDING: PendingSums = { debits: 0n, credits: 0n };

export const NO_COUNTERS: Counters = {
  debitsPosted: 0n,
  creditsPosted: 0n,
  debitsPending: 0n,
  creditsPending: 0n,
};

export function movedBy(
  step: EntryStep,
  amount: bigint,
  captured: bigint,
): { posted: bigint; pending: bigint } {
  switch (step) {
    case 'completed':
      return { posted: amount, pending: 0n };
    case 'held':
    case 'voided':
    case 'expired':
      return { posted: 0n, pending: amount };
    case 'captured':
      return { posted: captured, pending: amount };
    default:
      return step satisfies never;
  }
}

export function counted(
  before: Counters,
  direction: Direction,
  { posted, pending }: { posted: bigint; pending: bigint },
): Counters {
  return direction === 'debit'
    ? {
        ...before,
        debitsPosted: before.debitsPosted + posted,
        debitsPending: before.debitsPending + pending,
      }
    : {
        ...before,
        creditsPosted: before.creditsPosted + posted,
        creditsPending: before.creditsPending + pending,
      };
}

export type Direction = 'debit' | 'credit';

/**
 * The step of a transfer that wrote an entry. `held` adds to the pending side. `captured`, `voided` and `expired` take
 * the whole hold off it, and `captured` also posts the captured amount.
 */
export type EntryStep = 'completed' | 'held' | 'captured' | 'voided' | 'expired';
