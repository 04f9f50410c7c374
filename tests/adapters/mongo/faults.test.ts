import { MongoBulkWriteError, MongoNetworkError, MongoServerError } from 'mongodb';
import type { BulkWriteResult } from 'mongodb';
import { describe, expect, test } from 'vitest';
import { isPassing } from '../../../src/adapters/mongo/transactions/errors.ts';

const NOTHING_WRITTEN = { insertedCount: 0 } as BulkWriteResult;
const inBulk = (fault: Error) => new MongoBulkWriteError(fault, NOTHING_WRITTEN);

/** As a pool gives it to who waits for a connection when another operation has lost its own: with no label. */
const poolCleared = new MongoNetworkError('Connection pool for 127.0.0.1:27017 was cleared');
const refused = new MongoServerError({ message: 'not authorized', code: 13 });

describe('A fault that another attempt may not meet', () => {
  test.each([
    ['a connection that was lost', poolCleared, true],
    ['what the server refuses', refused, false],
  ])('is recognized by its kind, also where it hit many documents at once: %s', (_what, fault, is) => {
    expect([isPassing(fault), isPassing(inBulk(fault))]).toEqual([is, is]);
  });
});
