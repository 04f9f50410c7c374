import type { Account } from '../entities/account.ts';
import type { LedgerEntry } from '../entities/ledger-entry.ts';
import type { Notification } from '../entities/notification.ts';
import type { Transfer } from '../entities/transfer.ts';
import type { AuditRecord } from '../integrity/audit-log.ts';
import type { Instant } from '../time.ts';
import type { IdempotencyRecord } from './idempotency.ts';

export type Change<T> = { readonly before: T | null; readonly after: T };

/** What a decision changes: all of it is written in one transaction, or none. */
export type Changes = {
  /** Each account once, as it is afterwards; `before` is null for a new one. */
  readonly accounts: readonly Change<Account>[];
  /**
   * Each transfer once. Only its status, code, completion, what was captured or reversed of it and its texts ever
   * change. Where its texts are erased they are gone for good: from the outcomes of records too, and from messages,
   * sent ones among them.
   */
  readonly transfers: readonly Change<Transfer>[];
  /** Of one account in the order of their sequence. */
  readonly entries: readonly LedgerEntry[];
  readonly records: readonly IdempotencyRecord[];
  readonly messages: readonly Notification[];
  /** When the messages are due for whoever claims; null: each at its own instant. */
  readonly messagesDueAt: Instant | null;
  readonly audit: readonly AuditRecord[];
};

export const NO_CHANGES: Changes = {
  accounts: [],
  transfers: [],
  entries: [],
  records: [],
  messages: [],
  messagesDueAt: null,
  audit: [],
};

/** A decision's result for its callers, and what must be committed before they are answered. */
export type WholeDecision<R> = { readonly result: R; readonly changes: Changes };

/**
 * A decision, or its first part: `next` decides on, over these books with these changes. So a store may write one part
 * while the next is decided. All parts are one unit; the last has the result.
 */
export type Decision<R> = WholeDecision<R> | { readonly changes: Changes; readonly next: () => Decision<R> };

/** All parts as one. */
export function whole<R>(decision: Decision<R>): WholeDecision<R> {
  const parts: Changes[] = [];
  let part: Decision<R> = decision;
  for (; 'next' in part; part = part.next()) parts.push(part.changes);
  return parts.length === 0 ? part : { result: part.result, changes: joined([...parts, part.changes]) };
}

/** Changes that follow one another as one. */
export function joined(parts: readonly Changes[]): Changes {
  return {
    accounts: joinedById(parts.map(({ accounts }) => accounts)),
    transfers: joinedById(parts.map(({ transfers }) => transfers)),
    entries: parts.flatMap(({ entries }) => entries),
    records: parts.flatMap(({ records }) => records),
    messages: parts.flatMap(({ messages }) => messages),
    messagesDueAt: parts.find(({ messagesDueAt }) => messagesDueAt !== null)?.messagesDueAt ?? null,
    audit: parts.flatMap(({ audit }) => audit),
  };
}

function joinedById<T extends { readonly id: string }>(
  parts: readonly (readonly Change<T>[])[],
): Change<T>[] {
  const changes = new Map<string, Change<T>>();
  for (const { before, after } of parts.flat()) {
    const earlier = changes.get(after.id);
    changes.set(after.id, { before: earlier ? earlier.before : before, after });
  }
  return [...changes.values()];
}
