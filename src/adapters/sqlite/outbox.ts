import type { ClaimedMessage } from '../../application/ports.ts';
import type { Message, TransferMessage } from '../../domain/message.ts';
import type { Instant } from '../../domain/time.ts';
import type { Connection } from './connection.ts';

type MessageRow = {
  readonly id: string;
  readonly kind: Message['kind'];
  readonly recipient_id: string;
  readonly at: bigint;
  readonly facts: string | null;
  readonly attempts: bigint;
};

type Facts = Omit<TransferMessage, 'id' | 'kind' | 'recipientId' | 'at'>;
/** Amounts as text, as JSON has no bigints. */
type FactsJson = Omit<Facts, 'amount' | 'balances'> & {
  readonly amount: string;
  readonly balances: readonly { readonly accountId: string; readonly balance: string }[];
};

/** Due at its own instant, or claimed until another. */
export function insertMessage(
  connection: Connection,
  message: Message,
  claimedUntil: Instant | null = null,
): void {
  const { id, kind, recipientId, at } = message;
  connection.run(
    'INSERT INTO outbox (id, kind, recipient_id, at, facts, attempts, due_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
    id,
    kind,
    recipientId,
    at,
    message.kind === 'welcome' ? null : factsToJson(message),
    claimedUntil === null ? 0 : 1,
    claimedUntil ?? at,
  );
}

export function claimMessages(
  connection: Connection,
  { now, leaseUntil, limit }: { now: Instant; leaseUntil: Instant; limit: number },
): readonly ClaimedMessage[] {
  const due = connection.all(
    `SELECT id, kind, recipient_id, at, facts, attempts FROM outbox
    WHERE due_at <= ? ORDER BY due_at, id LIMIT ?`,
    now,
    limit,
  ) as MessageRow[];
  return due.map((row) => {
    connection.run('UPDATE outbox SET attempts = attempts + 1, due_at = ? WHERE id = ?', leaseUntil, row.id);
    return { message: messageOf(row), attempt: Number(row.attempts) + 1 };
  });
}

export function markSent(connection: Connection, id: string, at: Instant): void {
  connection.run('UPDATE outbox SET due_at = NULL, sent_at = ? WHERE id = ?', at, id);
}

export function release(connection: Connection, id: string, at: Instant): void {
  connection.run('UPDATE outbox SET due_at = ? WHERE id = ? AND due_at IS NOT NULL', at, id);
}

export function postpone(
  connection: Connection,
  id: string,
  { dueAt, reason }: { dueAt: Instant; reason: string },
): void {
  connection.run('UPDATE outbox SET due_at = ?, reason = ? WHERE id = ?', dueAt, reason, id);
}

export function giveUp(
  connection: Connection,
  id: string,
  { at, reason }: { at: Instant; reason: string },
): void {
  connection.run('UPDATE outbox SET due_at = NULL, given_up_at = ?, reason = ? WHERE id = ?', at, reason, id);
}

function factsToJson(message: TransferMessage): string {
  const { transferId, amount, currency, exponent, description, counterparty, balances } = message;
  const { reverses, expiresAt, moreCounterparties } = message;
  const json: FactsJson = {
    transferId,
    reverses,
    expiresAt,
    ...(moreCounterparties === undefined ? {} : { moreCounterparties }),
    amount: amount.toString(),
    currency,
    exponent,
    description,
    counterparty,
    balances: balances.map(({ accountId, balance }) => ({ accountId, balance: balance.toString() })),
  };
  return JSON.stringify(json);
}

function messageOf(row: MessageRow): Message {
  const { id, kind } = row;
  const shared = { id, recipientId: row.recipient_id, at: Number(row.at) };
  if (kind === 'welcome') return { ...shared, kind };
  const json = JSON.parse(row.facts as string) as FactsJson;
  return {
    ...shared,
    kind,
    ...json,
    amount: BigInt(json.amount),
    balances: json.balances.map(({ accountId, balance }) => ({ accountId, balance: BigInt(balance) })),
  };
}
