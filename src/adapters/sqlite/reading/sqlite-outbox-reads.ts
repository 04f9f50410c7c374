import { ownTurn } from '../../../application/event-loop.ts';
import type { OutboxReads, UnsentMessage } from '../../../application/ports/outbox.ts';
import { isAbout } from '../../../domain/entities/notification.ts';
import { MOST_LOOKED, positionFrom, positionText, unsentOf } from '../../shared/unsent-messages.ts';
import type { Position } from '../../shared/unsent-messages.ts';
import type { Connection } from '../connection/connection.ts';
import { findBatch } from '../tables/outbox.ts';

/** Number of batches that are looked at in one turn, so that no other read waits long. */
const AT_ONCE = 50;

type Read = <R>(attempt: () => R) => Promise<R>;

/** Reads of the outbox, a part of it in each turn. */
export function outboxReadsOf(connection: Connection, read: Read): OutboxReads {
  return {
    countWaiting: async (most) => {
      let count = 0;
      for (let after: Waiting | undefined; count < most; await ownTurn()) {
        const rows = await read(() => waitingAfter(connection, after));
        count += rows.reduce((sum, row) => sum + Number(row.count), 0);
        if (rows.length < AT_ONCE) break;
        after = rows.at(-1);
      }
      return count;
    },
    countGivenUp: async (most) => {
      let count = 0;
      for await (const { givenUp } of batches(connection, read)) {
        count += Number(givenUp);
        if (count >= most) break;
      }
      return count;
    },
    unsent: async ({ state, after, limit }) => {
      const from = after === null ? null : positionFrom(after);
      const isGivenUp = state === 'given_up';
      const messages: UnsentMessage[] = [];
      let [looked, last] = [0, ''];
      for await (const { id, givenUp } of batches(connection, read, { from })) {
        looked++;
        last = id;
        const batch = givenUp > 0n === isGivenUp ? await read(() => findBatch(connection, id)) : undefined;
        // Meanwhile it may have been sent, or come to the other state
        if (!batch || (batch.dueAt === null) !== isGivenUp) continue;
        messages.push(...unsentOf(batch, from));
        if (messages.length >= limit) {
          const page = messages.slice(0, limit);
          return { messages: page, next: page.at(-1)?.position ?? null };
        }
      }
      const next = looked < MOST_LOOKED ? null : positionText({ batchId: last, messageId: null });
      return { messages, next };
    },
    unsentAbout: async (transferId) => {
      const messages: UnsentMessage[] = [];
      let looked = 0;
      for await (const { id, hit } of batches(connection, read, { text: JSON.stringify(transferId) })) {
        looked++;
        const batch = hit === 1n ? await read(() => findBatch(connection, id)) : undefined;
        if (batch) messages.push(...unsentOf(batch).filter(({ message }) => isAbout(message, transferId)));
      }
      return { messages, isPartial: looked >= MOST_LOOKED };
    },
  };
}

type Waiting = { readonly due_at: bigint; readonly id: string; readonly count: bigint };

function waitingAfter(connection: Connection, after: Waiting | undefined): readonly Waiting[] {
  return connection.all(
    `SELECT due_at, id, json_array_length(messages) AS count FROM parcels
     WHERE due_at IS NOT NULL AND (due_at, id) > (?, ?) ORDER BY due_at, id LIMIT ${AT_ONCE}`,
    after?.due_at ?? -1,
    after?.id ?? '',
  ) as Waiting[];
}

/** A batch without its messages: how many of them were given up, and whether they hold a text. */
type Batch = { readonly id: string; readonly givenUp: bigint; readonly hit: bigint | null };

const NEXT = `SELECT id, iif(due_at IS NULL, json_array_length(messages), 0) AS givenUp,
  instr(messages, ?) > 0 AS hit FROM parcels`;

/** The first batches of all, in the order of their ids. A position within a batch begins with that batch. */
async function* batches(
  connection: Connection,
  read: Read,
  { from = null, text = null }: { from?: Position | null; text?: string | null } = {},
): AsyncGenerator<Batch, void> {
  let after = from?.batchId ?? '';
  let comparison = from !== null && from.messageId !== null ? '>=' : '>';
  for (let looked = 0; looked < MOST_LOOKED; await ownTurn()) {
    const sql = `${NEXT} WHERE id ${comparison} ? ORDER BY id LIMIT ${AT_ONCE}`;
    const rows = (await read(() => connection.all(sql, text, after))) as Batch[];
    yield* rows;
    looked += rows.length;
    const last = rows.at(-1);
    if (!last || rows.length < AT_ONCE) return;
    after = last.id;
    comparison = '>';
  }
}
