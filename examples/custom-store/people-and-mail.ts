import { endOfHour, isOverBy, PassbookError, User } from 'passbook-ledger';
import type { MailHourStore, OutboxStore, SessionStore, Stores, UserStore } from 'passbook-ledger';
import { auditHead, sessionOf } from './reads.ts';
import type { Draft } from './tables.ts';

/** The stores of `run`, over the draft of one unit. */
export function storesOf(draft: Draft): Stores {
  return {
    users: usersOf(draft),
    sessions: sessionsOf(draft),
    outbox: outboxOf(draft),
    mailHours: mailHoursOf(draft),
    audit: {
      head: async () => auditHead(draft.tables),
      append: async (record) => draft.put('audit', String(record.sequence), record),
    },
  };
}

function usersOf(draft: Draft): UserStore {
  const byEmail = (email: string) =>
    [...draft.tables.users.values()].find(({ user }) => user.email === email);
  return {
    insert: async (user, passwordHash) => {
      if (byEmail(user.email)) throw new PassbookError('email_already_registered');
      draft.put('users', user.id, { user, passwordHash });
    },
    byId: async (id) => draft.tables.users.get(id)?.user,
    byIds: async (ids) => ids.flatMap((id) => draft.tables.users.get(id)?.user ?? []),
    byEmail: async (email) => byEmail(email),
    setRole: async (id, role) => {
      const row = draft.tables.users.get(id);
      if (row) draft.put('users', id, { ...row, user: User.restore({ ...row.user, role }) });
    },
    setPasswordHash: async (id, passwordHash) => {
      const row = draft.tables.users.get(id);
      if (row) draft.put('users', id, { ...row, passwordHash });
    },
  };
}

function sessionsOf(draft: Draft): SessionStore {
  return {
    insert: async (session) => draft.put('sessions', session.id, session),
    find: async (id) => sessionOf(draft.tables, id),
    end: async (id, at) => {
      const session = draft.tables.sessions.get(id);
      if (session?.endedAt === null) draft.put('sessions', id, { ...session, endedAt: at });
    },
    deleteOver: async ({ until, limit }) => {
      const over = [...draft.tables.sessions.values()].filter((one) => isOverBy(one, until)).slice(0, limit);
      for (const { id } of over) draft.put('sessions', id, null);
      return over.length;
    },
  };
}

function mailHoursOf(draft: Draft): MailHourStore {
  return {
    find: async (ids) => ids.flatMap((id) => draft.tables.mailHours.get(id) ?? []),
    keep: async (hours) => {
      for (const hour of hours) draft.put('mailHours', hour.recipientId, hour);
    },
    takeEnded: async ({ now, limit }) => {
      const ended = [...draft.tables.mailHours.values()]
        .filter((hour) => endOfHour(hour) <= now)
        .slice(0, limit);
      for (const { recipientId } of ended) draft.put('mailHours', recipientId, null);
      return ended;
    },
  };
}

function outboxOf(draft: Draft): OutboxStore {
  /** Only a claimed message has a result to report. */
  const report = (id: string, change: { attempts?: (count: number) => number; dueAt: number | null }) => {
    const row = draft.tables.messages.get(id);
    if (!row || row.attempts === 0) return;
    const { attempts = (count) => count, dueAt } = change;
    draft.put('messages', id, { ...row, attempts: attempts(row.attempts), dueAt });
  };
  return {
    add: async (message) => draft.put('messages', message.id, { message, attempts: 0, dueAt: message.at }),
    claim: async ({ now, leaseUntil, limit }) => {
      const due = [...draft.tables.messages.values()]
        .filter(({ dueAt }) => dueAt !== null && dueAt <= now)
        .sort((a, b) => Number(a.dueAt) - Number(b.dueAt))
        .slice(0, limit);
      return due.map(({ message, attempts }) => {
        const attempt = attempts + 1;
        draft.put('messages', message.id, { message, attempts: attempt, dueAt: leaseUntil });
        return { message, attempt };
      });
    },
    markSent: async (ids) => {
      for (const id of ids) if (draft.tables.messages.get(id)?.attempts) draft.put('messages', id, null);
    },
    release: async (ids, at) => {
      for (const id of ids) report(id, { dueAt: at });
    },
    putBack: async (ids, { dueAt }) => {
      for (const id of ids) report(id, { attempts: (count) => count - 1, dueAt });
    },
    postpone: async (id, { dueAt }) => report(id, { dueAt }),
    giveUp: async (id) => report(id, { dueAt: null }),
  };
}
