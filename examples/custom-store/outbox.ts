import type { OutboxReads, OutboxStore, UnsentMessage } from 'passbook-ledger';
import { newRow } from './tables.ts';
import type { Draft, MessageRow, Tables } from './tables.ts';

/** The outbox of one unit, over its draft. */
export function outboxOf(draft: Draft): OutboxStore {
  /** Only a claimed message has a result to report. */
  const report = (id: string, change: (row: MessageRow) => Partial<MessageRow>) => {
    const row = draft.tables.messages.get(id);
    if (row && row.attempts > 0) draft.put('messages', id, { ...row, ...change(row) });
  };
  return {
    add: async (message) =>
      draft.put('messages', message.id, newRow({ message, attempts: 0, dueAt: message.at })),
    claim: async ({ now, leaseUntil, limit }) => {
      const due = [...draft.tables.messages.values()]
        .filter(({ dueAt }) => dueAt !== null && dueAt <= now)
        .sort((a, b) => Number(a.dueAt) - Number(b.dueAt))
        .slice(0, limit);
      return due.map((row) => {
        const attempts = row.attempts + 1;
        draft.put('messages', row.message.id, { ...row, attempts, dueAt: leaseUntil });
        return { message: row.message, attempt: attempts };
      });
    },
    markSent: async (ids) => {
      for (const id of ids) if (draft.tables.messages.get(id)?.attempts) draft.put('messages', id, null);
    },
    release: async (ids, at) => {
      for (const id of ids) report(id, () => ({ dueAt: at }));
    },
    putBack: async (ids, { dueAt, reason }) => {
      for (const id of ids) report(id, ({ attempts }) => ({ attempts: attempts - 1, dueAt, reason }));
    },
    postpone: async (id, { dueAt, reason }) => report(id, () => ({ dueAt, reason })),
    giveUp: async (id, { at, reason }) => report(id, () => ({ dueAt: null, givenUpAt: at, reason })),
    retry: async (ids, at) =>
      ids.flatMap((id) => {
        const row = draft.tables.messages.get(id);
        if (!row || row.dueAt !== null) return [];
        draft.put('messages', id, { ...row, attempts: 0, dueAt: at, givenUpAt: null });
        return row.message;
      }),
  };
}

/** Reads of the outbox outside a unit. A message's position is its id. */
export function outboxReadsOf(current: () => Tables): OutboxReads {
  const all = () =>
    [...current().messages.values()]
      .map((row): UnsentMessage => ({ ...row, position: row.message.id }))
      .sort((a, b) => (a.position < b.position ? -1 : 1));
  const isIn = (state: 'waiting' | 'given_up') => (one: UnsentMessage) =>
    (one.givenUpAt === null) === (state === 'waiting');
  return {
    countWaiting: async () => all().filter(isIn('waiting')).length,
    countGivenUp: async () => all().filter(isIn('given_up')).length,
    unsent: async ({ state, after, limit }) => {
      const messages = all()
        .filter(isIn(state))
        .filter(({ position }) => after === null || position > after)
        .slice(0, limit);
      return { messages, next: messages.length < limit ? null : (messages.at(-1)?.position ?? null) };
    },
    unsentAbout: async (transferId) => ({
      messages: all().filter(({ message }) => isAbout(message, transferId)),
      isPartial: false,
    }),
  };
}

function isAbout(message: MessageRow['message'], transferId: string): boolean {
  const listed = message.kind === 'digest' ? message.listed : [message];
  return listed.some((one) => 'transferId' in one && one.transferId === transferId);
}
