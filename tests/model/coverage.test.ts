import { beforeAll, describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../src/adapters/memory/index.ts';
import type { ErrorCode } from '../../src/domain/errors.ts';
import { createLedger } from '../../src/index.ts';
import type { Ledger } from '../../src/index.ts';
import { outcomeOf } from './command.ts';
import { play } from './play.ts';
import { drawSequence, LONG_SEQUENCE_EVERY } from './sequence.ts';

const SEED = 2026;
const LONG_SEQUENCES = 16;

/** What was called, in what way, and what came of it, such as `captureHold ok` or `try captureHold hold_expired`. */
const seen = new Set<string>();

/** By `erasure.ts`, `history.ts`, `statements.ts` and `tampering.ts` of the contract, with naive readings of their own. */
const HELD_TO_OTHERWISE = [
  'eraseText',
  'exportStatement',
  'findBatchByKey',
  'readStatementProof',
  'getStatement',
  'listCheckpoints',
  'listEntries',
  'listStatements',
  'makeCheckpoint',
  'getTrialBalance',
  'verifyBooks',
];

/** Those that the kinds of commands are made for by name; `close` and the sweeper are part of each run. */
const ANSWERED = ['transferFunds', 'submitBatch', 'captureHold', 'voidHold', 'reverseTransfer'] as const;
const FUNDING = ['fundAccount', 'withdrawFunds', 'exchangeFunds'] as const;
const KEYED = [
  'openAccount',
  'setAccountMetadata',
  'freezeAccount',
  'unfreezeAccount',
  'limitAccount',
  'closeAccount',
] as const;

/** Every rule of the ledger that can refuse. */
const REFUSALS: readonly ErrorCode[] = [
  'accounts_must_be_different',
  'source_account_not_found',
  'destination_account_not_found',
  'source_account_closed',
  'destination_account_closed',
  'source_account_frozen',
  'destination_account_frozen',
  'destination_account_unavailable',
  'currency_mismatch',
  'insufficient_funds',
  'exceeds_maximum_balance',
  'amount_overflow',
  'transfer_not_found',
  'transfer_not_pending',
  'not_reversible',
  'already_completed',
  'already_voided',
  'hold_expired',
  'exceeds_hold_amount',
  'exceeds_reversible_amount',
  'linked_transfer_failed',
  'account_not_found',
  'balance_not_zero',
  'holds_outstanding',
  'already_closed',
  'account_limit_reached',
  'external_id_taken',
];

describe('the drawn sequences', () => {
  beforeAll(async () => {
    for (let long = 0; long < LONG_SEQUENCES; long++) {
      const sequence = drawSequence({ seed: SEED, index: long * LONG_SEQUENCE_EVERY, mostCommands: 512 });
      const disagreement = await play(sequence, async () => {
        const store = createMemoryStore();
        return {
          stores: [store],
          ledgerOf: (options) => watched(createLedger(options)),
          dispose: () => store.close(),
        };
      });
      expect(disagreement).toBeUndefined();
    }
  });

  it('call everything that the ledger offers', () => {
    const offered = Object.keys(createLedger({ store: createMemoryStore() }));
    const asked = [...seen].map((line) => line.split(' ').at(-2));
    expect(new Set([...asked, ...HELD_TO_OTHERWISE])).toEqual(new Set(offered));
  });

  it.each([...ANSWERED, ...FUNDING, ...KEYED])('include a success, a replay and a conflict of %s', (name) => {
    expect(ways([`${name} ok`, `${name} replayed`, `${name} idempotency_key_reused`])).toEqual([]);
  });

  it.each([...ANSWERED, ...FUNDING])('include a dry run of %s', (name) => {
    expect(ways([`try ${name} ok`])).toEqual([]);
  });

  it('meet every refusal', () => {
    const met = new Set([...seen].map((line) => line.split(' ').at(-1)));
    expect(REFUSALS.filter((code) => !met.has(code))).toEqual([]);
  });

  it('meet taken external ids and mistyped numbers', () => {
    const taken = [...ANSWERED, 'fundAccount', 'withdrawFunds', 'openAccount'].filter(
      (name) => name !== 'captureHold' && name !== 'voidHold',
    );
    const mistyped = ['getAccount', 'setAccountMetadata', 'listTransfers', 'exchangeFunds'];
    expect(
      ways([
        ...taken.map((name) => `${name} external_id_taken`),
        ...mistyped.map((name) => `${name} invalid_request`),
        'setAccountMetadata account_not_found',
        'setAccountMetadata already_closed',
        'findAccount ok',
        'findAccount account_not_found',
        'findTransfer ok',
        'findTransfer transfer_not_found',
      ]),
    ).toEqual([]);
  });

  it('meet the rules of holds and reversals that the ledger promises', () => {
    expect(
      ways([
        'captureHold hold_expired',
        'voidHold hold_expired',
        'transferFunds invalid_request',
        'submitBatch invalid_request',
        'captureHold destination_account_frozen',
        'captureHold exceeds_hold_amount',
        'reverseTransfer insufficient_funds',
        'reverseTransfer exceeds_reversible_amount',
        'submitBatch linked_transfer_failed',
        'exchangeFunds linked_transfer_failed',
        'closeAccount destination_account_not_found',
        'renameAccount already_closed',
      ]),
    ).toEqual([]);
  });
});

/** Those that were not seen. */
function ways(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => !seen.has(line));
}

/** The ledger, with what it is asked and what it answers put down. */
function watched(ledger: Ledger): Ledger {
  return new Proxy(ledger, {
    get(target, name: keyof Ledger) {
      if (name === Symbol.asyncDispose) return target[name];
      if (name === 'sweeper' || name === 'close') {
        seen.add(`${name} called`);
        return target[name];
      }
      const call = target[name] as (...terms: readonly unknown[]) => Promise<unknown>;
      return (...terms: readonly unknown[]) => {
        const isTrial = terms.some((one) => typeof one === 'object' && one !== null && 'dryRun' in one);
        const answer = call(...terms);
        void note(answer, `${isTrial ? 'try ' : ''}${name}`);
        return answer;
      };
    },
  });
}

async function note(answer: Promise<unknown>, name: string): Promise<void> {
  for (const word of wordsFor(await outcomeOf(answer))) seen.add(`${name} ${word}`);
}

type Answered = { readonly ok?: boolean; readonly replayed?: boolean; readonly code?: string } & {
  readonly members?: readonly Answered[];
  readonly thrown?: string;
};

function wordsFor(outcome: unknown): readonly string[] {
  const { ok, replayed, code, members = [], thrown } = outcome as Answered;
  return [
    thrown ?? code ?? (ok === false ? 'refused' : 'ok'),
    ...(replayed ? ['replayed'] : []),
    ...members.flatMap((member) => member.code ?? []),
  ];
}
