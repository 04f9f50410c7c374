import { endOfHour, isOverBy, isSaved, PassbookError } from 'passbook-ledger';
import type {
  Credential,
  CredentialKind,
  CredentialStore,
  MailHourStore,
  PayeeStore,
  SecurityEventStore,
  SessionStore,
  Stores,
  UserStore,
} from 'passbook-ledger';
import { outboxOf } from './outbox.ts';
import { auditHead, sessionOf } from './reads.ts';
import type { Draft } from './tables.ts';

/** The stores of `run`, over the draft of one unit. */
export function storesOf(draft: Draft): Stores {
  return {
    users: usersOf(draft),
    sessions: sessionsOf(draft),
    credentials: credentialsOf(draft),
    securityEvents: securityEventsOf(draft),
    payees: payeesOf(draft),
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
    withPassword: async (id) => draft.tables.users.get(id),
    page: async ({ after, limit }) =>
      [...draft.tables.users.values()]
        .map(({ user }) => user)
        .filter(({ id }) => after === null || id > after)
        .sort(byId)
        .slice(0, limit),
    replace: async (user) => {
      const row = draft.tables.users.get(user.id);
      if (!row) return;
      if ((byEmail(user.email) ?? row).user.id !== user.id)
        throw new PassbookError('email_already_registered');
      draft.put('users', user.id, { ...row, user });
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
    replace: async (session) => {
      if (draft.tables.sessions.has(session.id)) draft.put('sessions', session.id, session);
    },
    openOf: async (userId) =>
      [...draft.tables.sessions.values()]
        .filter((one) => one.userId === userId && one.endedAt === null)
        .sort(byId),
    touch: async (ids, at) => {
      for (const id of ids) {
        const session = draft.tables.sessions.get(id);
        if (session && session.lastUsedAt < at) draft.put('sessions', id, { ...session, lastUsedAt: at });
      }
    },
    eraseOf: async (userId) => {
      for (const session of draft.tables.sessions.values()) {
        if (session.userId !== userId) continue;
        draft.put('sessions', session.id, { ...session, address: null, device: null });
      }
    },
    deleteOver: async ({ until, limit }) => {
      const over = [...draft.tables.sessions.values()].filter((one) => isOverBy(one, until)).slice(0, limit);
      for (const { id } of over) draft.put('sessions', id, null);
      return over.length;
    },
  };
}

function credentialsOf(draft: Draft): CredentialStore {
  const all = () => [...draft.tables.credentials.values()].sort(byId);
  return {
    insert: async (credential) => draft.put('credentials', credential.id, credential),
    find: async (id) => draft.tables.credentials.get(id),
    byDigest: async <K extends CredentialKind>(kind: K, digest: string) =>
      all().find((one) => one.kind === kind && one.digest === digest) as Credential<K> | undefined,
    ofUser: async <K extends CredentialKind>(userId: string, kind: K) =>
      all().filter((one) => one.kind === kind && one.userId === userId) as Credential<K>[],
    replace: async (credential) => {
      if (draft.tables.credentials.has(credential.id)) draft.put('credentials', credential.id, credential);
    },
    remove: async (id) => {
      const exists = draft.tables.credentials.has(id);
      if (exists) draft.put('credentials', id, null);
      return exists;
    },
    removeOf: async (userId) => {
      for (const one of all()) if (one.userId === userId) draft.put('credentials', one.id, null);
    },
    deleteExpired: async ({ until, limit }) => {
      const expired = all()
        .filter(({ expiresAt }) => expiresAt !== null && expiresAt <= until)
        .slice(0, limit);
      for (const { id } of expired) draft.put('credentials', id, null);
      return expired.length;
    },
  };
}

function securityEventsOf(draft: Draft): SecurityEventStore {
  const all = () => [...draft.tables.securityEvents.values()].sort(byId).reverse();
  return {
    append: async (event) => draft.put('securityEvents', event.id, event),
    list: async ({ userId, before, limit }) =>
      all()
        .filter((event) => userId === null || event.userId === userId)
        .filter(({ id }) => before === null || id < before)
        .slice(0, limit),
    eraseOf: async (userId) => {
      for (const event of all()) {
        if (event.userId !== userId) continue;
        draft.put('securityEvents', event.id, { ...event, address: null, device: null, details: {} });
      }
    },
  };
}

function payeesOf(draft: Draft): PayeeStore {
  const all = () => [...draft.tables.payees.values()].sort(byId);
  const ofUser = (userId: string) => all().filter((payee) => payee.userId === userId);
  return {
    keep: async (payee) => draft.put('payees', payee.id, payee),
    find: async (id) => draft.tables.payees.get(id),
    at: async (userId, accountId) => ofUser(userId).find((payee) => payee.accountId === accountId),
    savedOf: async (userId) => ofUser(userId).filter(isSaved),
    page: async (userId, { after, limit }) =>
      ofUser(userId)
        .filter(({ id }) => after === null || id > after)
        .slice(0, limit),
    remove: async (id) => draft.put('payees', id, null),
    removeOf: async (userId) => {
      for (const { id } of ofUser(userId)) draft.put('payees', id, null);
    },
    eraseNamesAt: async (accountIds) => {
      for (const payee of all()) {
        if (accountIds.includes(payee.accountId))
          draft.put('payees', payee.id, { ...payee, confirmedName: null });
      }
    },
  };
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : 1;
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
