import type { OutboxStore, SessionStore, Stores, UserStore } from '../../application/ports.ts';
import type { Connection } from './connection.ts';
import { faultName } from './faults.ts';
import { claimMessages, giveUp, insertMessage, markSent, postpone, release } from './outbox.ts';
import { endSession, findSession, insertSession } from './sessions.ts';
import { findUser, findUserByEmail, insertUser, setPasswordHash, setRole } from './users.ts';

/**
 * The part of a connection's life in which one unit of work may use it. A statement that came after the unit, or after
 * a fault on which SQLite rolled back by itself, would be committed alone.
 */
export class Scope {
  readonly #connection: Connection;
  #fault: unknown;
  #isOver = false;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** @throws TypeError once the unit of work is over, and what the store failed with before */
  async use<R>(statement: (connection: Connection) => R): Promise<R> {
    if (this.#isOver) throw new TypeError('The stores of a unit of work serve inside it alone');
    this.assertSound();
    try {
      return statement(this.#connection);
    } catch (fault) {
      if (faultName(fault)) this.#fault = fault;
      throw fault;
    }
  }

  /** @throws what the store failed with, even where the work went on */
  assertSound(): void {
    if (this.#fault instanceof Error) throw this.#fault;
  }

  end(): void {
    this.#isOver = true;
  }
}

export function storesOf(scope: Scope): Stores {
  return { users: usersOf(scope), sessions: sessionsOf(scope), outbox: outboxOf(scope) };
}

function usersOf(scope: Scope): UserStore {
  return {
    insert: (user, passwordHash) => scope.use((connection) => insertUser(connection, user, passwordHash)),
    byId: (id) => scope.use((connection) => findUser(connection, id)),
    byIds: (ids) => scope.use((connection) => ids.flatMap((id) => findUser(connection, id) ?? [])),
    byEmail: (normalised) => scope.use((connection) => findUserByEmail(connection, normalised)),
    setRole: (id, role) => scope.use((connection) => setRole(connection, id, role)),
    setPasswordHash: (id, hash) => scope.use((connection) => setPasswordHash(connection, id, hash)),
  };
}

function sessionsOf(scope: Scope): SessionStore {
  return {
    insert: (session) => scope.use((connection) => insertSession(connection, session)),
    find: (id) => scope.use((connection) => findSession(connection, id)),
    end: (id, at) => scope.use((connection) => endSession(connection, id, at)),
  };
}

function outboxOf(scope: Scope): OutboxStore {
  return {
    add: (message) => scope.use((connection) => insertMessage(connection, message)),
    claim: (terms) => scope.use((connection) => claimMessages(connection, terms)),
    markSent: (ids, at) =>
      scope.use((connection) => {
        for (const id of ids) markSent(connection, id, at);
      }),
    release: (ids, at) =>
      scope.use((connection) => {
        for (const id of ids) release(connection, id, at);
      }),
    postpone: (id, terms) => scope.use((connection) => postpone(connection, id, terms)),
    giveUp: (id, terms) => scope.use((connection) => giveUp(connection, id, terms)),
  };
}
