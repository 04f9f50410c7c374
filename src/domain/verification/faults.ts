import type { Account } from '../entities/account.ts';

/** Kinds of faults that verification can find, each with a description. */
export const FAULTS = {
  account_order: 'accounts are not unique and in order',
  account_missing: 'a transfer has a leg on an account that is missing',
  account_facts: 'the opening facts, the name or the metadata of an account do not match their digest',
  account_copy: 'the counters in the row of an account differ from the entry at their sequence',
  account_class: 'an account is not of the class of its kind',
  account_number: 'the number of an account is invalid, or another account has its number or external id',
  account_owner: 'the owner of an account differs from that of its transfers',
  account_sequence: 'an account does not end with its last entry',
  account_counters: 'counters of an account differ from its last entry',
  account_head: 'the head of an account differs from the hash of its last entry',
  account_latest: 'the latest instant of an account differs from its last entry',
  account_holds: 'pending amounts of an account differ from its open holds',
  account_limits: 'a balance is out of the bounds of all balances, or is left in a closed account',
  account_standing: 'status, limits or changed metadata of an account differ from the audit log',
  entry_sequence: 'the sequence of an account has a gap, or an entry twice',
  entry_beyond: 'an account has an entry after its last',
  entry_hash: 'an entry or its transfer does not match its hash',
  entry_counters: 'counters after an entry differ from those before it and what it moved',
  entry_instant: 'an entry is earlier than the one before it',
  entry_counterparty: 'the other account of an entry, or of a block of them, is not that of its transfer',
  entry_listing: 'a list by which entries are found differs from the entries',
  entry_transfer: 'an entry is not one of a leg of its transfer',
  books_balance: 'debits and credits of all accounts in a currency differ',
  transfer_order: 'transfers are not unique and in order',
  transfer_facts:
    'the initial facts of a transfer or its record do not match their digest, or another has its external id',
  transfer_state: 'the state of a transfer contradicts itself',
  transfer_erased: 'the texts that were erased of a transfer differ from the audit log',
  transfer_listing: 'the list of transfers outside all books of a user differs from the transfers',
  hold_listing: 'the list of pending holds differs from the transfers that are pending',
  transfer_balance: 'the entries of a transfer do not sum to zero',
  transfer_entries: 'a transfer does not have the entries that its state asks for',
  transfer_reversed: 'reversed amounts of a transfer differ from its reversals',
  record_order: 'idempotency records are not unique and in order',
  record_facts: 'an idempotency record does not match its digest',
  record_request: 'the request of an idempotency record is not one for its transfer',
  record_outcome: 'the outcome of an idempotency record differs from the books',
  ledger_version: 'the numbers of the two latest units are not consecutive',
  unreadable: 'a stored value has an unknown form',
  audit_sequence: 'the audit log has a gap, or a record twice',
  audit_hash: 'a record of the audit log does not match its hash',
  audit_before: 'a previous value in an audit record differs from the state before it',
  checkpoint_root: 'the manifest is not the one that was signed',
  checkpoint_account:
    'an account of the checkpoint is missing, or has another owner, currency, class, number or external id',
  checkpoint_head: 'the entry at a checkpointed sequence is not the one that was signed',
  checkpoint_audit: 'the record at the checkpointed end of the audit log is not the one that was signed',
  checkpoint_previous: 'the checkpoint does not follow the one before it',
} as const;

export type FaultKind = keyof typeof FAULTS;

/** Location and detail of a fault, as far as they apply. */
export type FaultPlace = {
  readonly accountId?: string;
  /** Sequence of the account's entry, or of the audit record. */
  readonly sequence?: number;
  readonly transferId?: string;
  /** Key text (`keyText`) of the idempotency record. */
  readonly key?: string;
  readonly currency?: string;
  /** Found and expected values. */
  readonly detail?: string;
};

export type Fault = FaultPlace & { readonly kind: FaultKind };

/** Collects the first fault of each kind, and the number of faults of that kind. */
export class FaultLog {
  readonly #first = new Map<FaultKind, { readonly fault: Fault; count: number }>();

  report(kind: FaultKind, place: FaultPlace): void {
    const known = this.#first.get(kind);
    if (known) known.count++;
    else this.#first.set(kind, { fault: { kind, ...place }, count: 1 });
  }

  /** Returns the faults in the order of their first report. */
  list(): readonly (Fault & { readonly count: number })[] {
    return Array.from(this.#first.values(), ({ fault, count }) => ({ ...fault, count }));
  }
}

/** Formats the difference between a found and an expected value. */
export function differs(found: unknown, expected: unknown): string {
  return `${String(found)} in place of ${String(expected)}`;
}

/** Checks that ids are unique and in order. */
export class OrderCheck {
  #last: string | null = null;

  add(id: string): boolean {
    const isInOrder = this.#last === null || id > this.#last;
    this.#last = id;
    return isInOrder;
  }
}

/** Checks that debits equal credits in each currency, over all accounts of one moment. */
export class BalanceCheck {
  readonly #sums = new Map<string, { posted: bigint; pending: bigint }>();

  add({ currency, counters }: Account): void {
    const sum = this.#sums.get(currency) ?? { posted: 0n, pending: 0n };
    sum.posted += counters.debitsPosted - counters.creditsPosted;
    sum.pending += counters.debitsPending - counters.creditsPending;
    this.#sums.set(currency, sum);
  }

  end(faults: FaultLog): void {
    for (const [currency, { posted, pending }] of this.#sums) {
      if (posted === 0n && pending === 0n) continue;
      const detail = `debits less credits are ${posted} posted and ${pending} pending`;
      faults.report('books_balance', { currency, detail });
    }
  }
}
