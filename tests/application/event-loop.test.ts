import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decideInTurns } from '../../src/adapters/shared/decide-in-turns.ts';
import { wholeTurn } from '../../src/application/event-loop.ts';
import { mapInTurns } from '../../src/application/map-in-turns.ts';
import type { Decision } from '../../src/domain/books/changes.ts';
import { NO_CHANGES } from '../../src/testing/fixtures/bank.ts';
import { SocketTurns } from '../support/socket-turns.ts';

/** Each test starts where a request or an answer of a database arrives: while the event loop serves sockets. */
describe('the event loop serves sockets', () => {
  let turns: SocketTurns;
  beforeAll(async () => {
    turns = await SocketTurns.open();
  });
  afterAll(() => turns.close());

  it('during a whole turn', async () => {
    await turns.next();
    const before = turns.count;
    await wholeTurn();
    expect(turns.count).toBeGreaterThan(before);
  });

  it('between the parts of a decision', async () => {
    const at: number[] = [];
    const part = (left: number): Decision<string> => {
      at.push(turns.count);
      const changes = NO_CHANGES;
      return left === 0 ? { changes, result: 'done' } : { changes, next: () => part(left - 1) };
    };
    await turns.next();
    expect(await decideInTurns(part(3))).toMatchObject({ result: 'done' });
    expect(new Set(at).size).toBe(4);
  });

  it('before each part of a long list', async () => {
    await turns.next();
    const before = turns.count;
    const at = await mapInTurns(Array.from({ length: 1_000 }), () => turns.count);
    expect(new Set([before, ...at]).size).toBe(1 + 4);
  });
});
