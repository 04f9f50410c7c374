import { ownTurn } from '../../application/event-loop.ts';
import type { OutboxReads, UnsentMessage } from '../../application/ports/outbox.ts';
import { isAbout } from '../../domain/entities/notification.ts';
import type { MemoryData, StoredMessage } from './memory-data.ts';

/** Number of messages that are looked at in one turn. */
const AT_ONCE = 500;

/** Reads of the outbox. A message's position is its id. */
export function memoryOutboxReads({ messages }: MemoryData): OutboxReads {
  return {
    countWaiting: (most) => count(({ dueAt }) => dueAt !== null, most),
    countGivenUp: (most) => count(({ dueAt }) => dueAt === null, most),
    unsent: async ({ state, after, limit }) => {
      const isListed = ({ message, dueAt }: StoredMessage) =>
        (dueAt === null) === (state === 'given_up') && (after === null || message.id > after);
      let first: readonly StoredMessage[] = [];
      for await (const some of inTurns()) {
        first = [...first, ...some.filter(isListed)].toSorted(byId).slice(0, limit);
      }
      const page = first.map(unsent);
      return { messages: page, next: page.length === limit ? (page.at(-1)?.position ?? null) : null };
    },
    unsentAbout: async (transferId) => {
      const found: UnsentMessage[] = [];
      for await (const some of inTurns()) {
        found.push(...some.filter(({ message }) => isAbout(message, transferId)).map(unsent));
      }
      return { messages: found, isPartial: false };
    },
  };

  async function count(matches: (stored: StoredMessage) => boolean, most: number): Promise<number> {
    let found = 0;
    for await (const some of inTurns()) {
      found += some.filter(matches).length;
      if (found >= most) break;
    }
    return found;
  }

  /** Yields all messages, a part of them in each turn. Others may write in between. */
  async function* inTurns(): AsyncGenerator<readonly StoredMessage[], void> {
    let some: StoredMessage[] = [];
    for (const stored of messages.values()) {
      some.push(stored);
      if (some.length < AT_ONCE) continue;
      yield some;
      some = [];
      await ownTurn();
    }
    yield some;
  }
}

function byId({ message: a }: StoredMessage, { message: b }: StoredMessage): number {
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}

function unsent({ order: _order, ...stored }: StoredMessage): UnsentMessage {
  return { ...stored, position: stored.message.id };
}
