import type { ClaimedBatches } from '../shared/outbox-batch.ts';
import type { MailHourStore, Stores } from '../../application/ports/ledger-store.ts';
import type { PayeeStore } from '../../application/ports/payee-store.ts';
import type { OutboxStore } from '../../application/ports/outbox.ts';
import type {
  CredentialStore,
  SecurityEventStore,
  SessionStore,
  UserStore,
} from '../../application/ports/user-store.ts';
import { findAuditHead, insertAuditRecord } from './tables/audit-log.ts';
import type { Connection } from './connection/connection.ts';
import { faultName } from './connection/faults.ts';
import { findMailHour, keepMailHour, takeEndedMailHours } from './tables/mail-hours.ts';
import { changeMessages, claimMessages, insertParcel, retryMessages } from './tables/outbox.ts';
import {
  deleteCredential,
  deleteCredentialsOf,
  deleteExpiredCredentials,
  findCredential,
  insertCredential,
  listCredentials,
  replaceCredential,
  selectCredential,
} from './tables/credentials.ts';
import {
  deletePayee,
  deletePayeesOf,
  erasePayeeNames,
  findPayeeAt,
  keepPayee,
  listPayeePage,
  listSavedPayees,
  selectPayee,
} from './tables/payees.ts';
import { eraseSecurityEvents, insertSecurityEvent, listSecurityEvents } from './tables/security-events.ts';
import {
  deleteOverSessions,
  endSession,
  findSession,
  insertSession,
  listOpenSessions,
  replaceSession,
  touchSession,
  eraseSessions,
} from './tables/sessions.ts';
import {
  findUserByEmail,
  findUserWithPassword,
  insertUser,
  listUsers,
  replaceUser,
  selectUser,
  setPasswordHash,
} from './tables/users.ts';

/**
 * The time during which one unit of work may use a connection. A later statement would commit alone, and so would one
 * after an error on which SQLite rolled back by itself.
 */
export class Scope {
  readonly #connection: Connection;
  #fault: unknown;
  #isOver = false;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** @throws TypeError once the unit of work is over, and the store's earlier error */
  async use<R>(statement: (connection: Connection) => R): Promise<R> {
    if (this.#isOver) throw new TypeError('A store can only be used inside its unit of work');
    this.assertSound();
    try {
      return statement(this.#connection);
    } catch (fault) {
      if (faultName(fault)) this.#fault = fault;
      throw fault;
    }
  }

  /** @throws the store's error, even if the work caught it */
  assertSound(): void {
    if (this.#fault instanceof Error) throw this.#fault;
  }

  end(): void {
    this.#isOver = true;
  }
}

export function sqliteStores(scope: Scope, seen: ClaimedBatches): Stores {
  return {
    users: usersOf(scope),
    sessions: sessionsOf(scope),
    credentials: credentialsOf(scope),
    securityEvents: securityEventsOf(scope),
    payees: payeesOf(scope),
    outbox: outboxOf(scope, seen),
    mailHours: mailHoursOf(scope),
    audit: {
      head: () => scope.use((connection) => findAuditHead(connection)),
      append: (record) => scope.use((connection) => insertAuditRecord(connection, record)),
    },
  };
}

function mailHoursOf(scope: Scope): MailHourStore {
  return {
    find: (ids) => scope.use((connection) => ids.flatMap((id) => findMailHour(connection, id) ?? [])),
    keep: (hours) =>
      scope.use((connection) => {
        for (const hour of hours) keepMailHour(connection, hour);
      }),
    takeEnded: (terms) => scope.use((connection) => takeEndedMailHours(connection, terms)),
  };
}

function usersOf(scope: Scope): UserStore {
  return {
    insert: (user, passwordHash) => scope.use((connection) => insertUser(connection, user, passwordHash)),
    byId: (id) => scope.use((connection) => selectUser(connection, id)),
    byIds: (ids) => scope.use((connection) => ids.flatMap((id) => selectUser(connection, id) ?? [])),
    byEmail: (normalised) => scope.use((connection) => findUserByEmail(connection, normalised)),
    withPassword: (id) => scope.use((connection) => findUserWithPassword(connection, id)),
    page: (page) => scope.use((connection) => listUsers(connection, page)),
    replace: (user) => scope.use((connection) => replaceUser(connection, user)),
    setPasswordHash: (id, hash) => scope.use((connection) => setPasswordHash(connection, id, hash)),
  };
}

function sessionsOf(scope: Scope): SessionStore {
  return {
    insert: (session) => scope.use((connection) => insertSession(connection, session)),
    find: (id) => scope.use((connection) => findSession(connection, id)),
    end: (id, at) => scope.use((connection) => endSession(connection, id, at)),
    replace: (session) => scope.use((connection) => replaceSession(connection, session)),
    openOf: (userId) => scope.use((connection) => listOpenSessions(connection, userId)),
    eraseOf: (userId) => scope.use((connection) => eraseSessions(connection, userId)),
    touch: (ids, at) =>
      scope.use((connection) => {
        for (const id of ids) touchSession(connection, id, at);
      }),
    deleteOver: (terms) => scope.use((connection) => deleteOverSessions(connection, terms)),
  };
}

function credentialsOf(scope: Scope): CredentialStore {
  return {
    insert: (credential) => scope.use((connection) => insertCredential(connection, credential)),
    find: (id) => scope.use((connection) => selectCredential(connection, id)),
    byDigest: (kind, digest) => scope.use((connection) => findCredential(connection, kind, digest)),
    ofUser: (userId, kind) => scope.use((connection) => listCredentials(connection, userId, kind)),
    replace: (credential) => scope.use((connection) => replaceCredential(connection, credential)),
    remove: (id) => scope.use((connection) => deleteCredential(connection, id)),
    removeOf: (userId) => scope.use((connection) => deleteCredentialsOf(connection, userId)),
    deleteExpired: (terms) => scope.use((connection) => deleteExpiredCredentials(connection, terms)),
  };
}

function securityEventsOf(scope: Scope): SecurityEventStore {
  return {
    append: (event) => scope.use((connection) => insertSecurityEvent(connection, event)),
    list: (terms) => scope.use((connection) => listSecurityEvents(connection, terms)),
    eraseOf: (userId) => scope.use((connection) => eraseSecurityEvents(connection, userId)),
  };
}

function payeesOf(scope: Scope): PayeeStore {
  return {
    keep: (payee) => scope.use((connection) => keepPayee(connection, payee)),
    find: (id) => scope.use((connection) => selectPayee(connection, id)),
    at: (userId, accountId) => scope.use((connection) => findPayeeAt(connection, userId, accountId)),
    savedOf: (userId) => scope.use((connection) => listSavedPayees(connection, userId)),
    page: (userId, page) => scope.use((connection) => listPayeePage(connection, userId, page)),
    remove: (id) => scope.use((connection) => deletePayee(connection, id)),
    removeOf: (userId) => scope.use((connection) => deletePayeesOf(connection, userId)),
    eraseNamesAt: (accountIds) => scope.use((connection) => erasePayeeNames(connection, accountIds)),
  };
}

function outboxOf(scope: Scope, seen: ClaimedBatches): OutboxStore {
  /** The claimant is then done with them. */
  const change = async (ids: readonly string[], state: Parameters<typeof changeMessages>[2]) => {
    await scope.use((connection) => changeMessages(connection, ids, state, seen));
    seen.forget(ids);
  };
  return {
    add: (message) =>
      scope.use((connection) => {
        const parcel = { id: message.id, messages: [message] };
        insertParcel(connection, parcel, { attempts: 0, dueAt: message.at });
      }),
    claim: (terms) => scope.use((connection) => claimMessages(connection, terms, seen)),
    markSent: (ids) => change(ids, 'sent'),
    release: (ids, at) => change(ids, { dueAt: at }),
    putBack: (ids, { dueAt, reason }) => change(ids, { dueAt, reason, isPutBack: true }),
    postpone: (id, { dueAt, reason }) => change([id], { dueAt, reason }),
    giveUp: (id, { at, reason }) => change([id], { dueAt: null, givenUpAt: at, reason }),
    retry: (positions, at) => scope.use((connection) => retryMessages(connection, positions, at)),
  };
}
