import { describe } from 'vitest';
import { createMemoryStore } from '../../../src/adapters/memory/index.ts';
import { describeHistory } from '../../../src/testing/contract/history.ts';
import { describeStatements } from '../../../src/testing/contract/statements.ts';
import { FixedClock } from '../../../src/testing/fixtures/builders.ts';

/** What the contract tries a little on every store, tried at length on memory. */
describe.each([2, 3])('seed %i', (seed) => {
  const subject = () => ({ store: createMemoryStore(), clock: new FixedClock() });
  describeHistory(subject, { steps: 200, rounds: 30, seed });
  describeStatements(subject, { steps: 200, rounds: 10, seed });
});
