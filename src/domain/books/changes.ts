import type { Account } from '../entities/account.ts';
import type { LedgerEntry } from '../entities/ledger-entry.ts';
import type { Notification } from '../entities/notification.ts';
import type { Transfer } from '../entities/transfer.ts';
import type { AuditRecord } from '../integrity/audit-log.ts';
import type { Instant } from '../time.ts';
import type { IdempotencyRecord } from './idempotency.ts';

export type Change<T> = { readonly before: T | null; readonly after: T };

/** Everything that a decision writes, in one transaction. */
export type Changes = {
  /** Each account once, in its new state. `before` is null for a new account. */
  readonly accounts: readonly Change<Account>[];
  /**
   * Each transfer once. Only its status, code, completion, captured and reversed amounts, and texts ever change.
   * Erasing the texts is permanent: a store also removes them from recorded outcomes and from messages, sent or not.
   */
  readonly transfers: readonly Change<Transfer>[];
  /** New entries. Those of one account are in order of sequence. */
  readonly entries: readonly LedgerEntry[];
  readonly records: readonly IdempotencyRecord[];
  readonly messages: readonly Notification[];
  /** The instant from which the messages may be claimed. Null: each at its own instant. */
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

/** A decision's result, and the changes to commit before callers get it. */
export type WholeDecision<R> = { readonly result: R; readonly changes: Changes };

/**
 * A decision, or its first part. `next` decides the following part on top of these changes, so a store may write one
 * part while the next is decided. All parts belong to one unit; the last part has the result.
 */
export type Decision<R> = WholeDecision<R> | { readonly changes: Changes; readonly next: () => Decision<R> };

/** Joins all parts of a decision into one. */
export function whole<R>(decision: Decision<R>): WholeDecision<R> {
  const parts: Changes[] = [];
  let part: Decision<R> = decision;
  for (; 'next' in part; part = part.next()) parts.push(part.changes);
  return parts.length === 0 ? part : { result: part.result, changes: joined([...parts, part.changes]) };
}

/** Joins successive changes into one. */
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
