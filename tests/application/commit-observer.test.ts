import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../src/adapters/memory/index.ts';
import type {
  AnsweredCommand,
  CommitObserver,
  CommittedUnit,
} from '../../src/application/ports/commit-observer.ts';
import type { Store, UnitOfWork } from '../../src/application/ports/ledger-store.ts';
import { PassbookError } from '../../src/domain/errors.ts';
import { createLedger } from '../../src/index.ts';
import type { Ledger } from '../../src/index.ts';

const SYSTEM = { kind: 'system' } as const;
const ADA = { kind: 'user', id: 'ada' } as const;

/** Numbers the commands and units, and notes every call. */
class Notes implements CommitObserver<string, string> {
  readonly lines: string[] = [];
  #commands = 0;
  #units = 0;

  submitted(): string {
    return this.#note(`command ${++this.#commands}`, 'submitted');
  }

  began(commands: readonly string[]): string {
    return this.#note(`unit ${++this.#units}`, `began with ${commands.join(', ')}`);
  }

  committed(accountIds: ReadonlySet<string>, { mark, messageIds }: CommittedUnit<string>): void {
    this.#note(mark, `committed, accounts: ${accountIds.size}, messages: ${messageIds.length}`);
  }

  failed(unit: string, fault: unknown): void {
    this.#note(unit, `failed: ${String(fault)}`);
  }

  answered(commands: readonly AnsweredCommand<string>[]): void {
    for (const { mark, outcome } of commands) this.#note(mark, `answered ${JSON.stringify(outcome)}`);
  }

  #note(mark: string, event: string): string {
    this.lines.push(`${mark} ${event}`);
    return mark;
  }
}

async function anObservedLedger(options: { store?: Store; limits?: { queue: number } } = {}) {
  const store = options.store ?? createMemoryStore();
  const [notes, others] = [new Notes(), new Notes()];
  const quiet: CommitObserver = { committed: () => {} };
  const ledger = createLedger({ ...options, store, notify: true, observers: [quiet, notes, others] });
  return { ledger, notes, others };
}

async function anAccount(ledger: Ledger): Promise<string> {
  const opened = await ledger.openAccount(ADA);
  if (!opened.ok) throw new TypeError(opened.code);
  return opened.account.accountId;
}

describe('an observer of commits', () => {
  it('sees each command wait, its unit, the changed accounts, and the answer', async () => {
    const { ledger, notes, others } = await anObservedLedger();
    const accountId = await anAccount(ledger);
    await ledger.fundAccount(SYSTEM, { destinationAccountId: accountId, amount: 5n, idempotencyKey: 'a' });

    expect(notes.lines).toEqual([
      'command 1 submitted',
      'unit 1 began with command 1',
      'unit 1 committed, accounts: 1, messages: 0',
      'command 1 answered "done"',
      'command 2 submitted',
      'unit 2 began with command 2',
      'unit 2 committed, accounts: 2, messages: 1',
      'command 2 answered "done"',
    ]);
    // Each observer gets its own marks
    expect(others.lines).toEqual(notes.lines);
  });

  it('sees commands that share a unit, and the ids of all accounts that it changed', async () => {
    const seen: string[][] = [];
    const ledger = createLedger({
      store: createMemoryStore(),
      observers: [{ committed: (accountIds) => seen.push([...accountIds]) }],
    });
    const [one, two] = [await anAccount(ledger), await anAccount(ledger)];
    const fund = (destinationAccountId: string, idempotencyKey: string) =>
      ledger.fundAccount(SYSTEM, { destinationAccountId, amount: 5n, idempotencyKey });
    await Promise.all([fund(one, 'a'), fund(two, 'b'), fund(one, 'c')]);

    expect(seen.length).toBeLessThan(5);
    const funding = seen.at(-1)?.find((id) => id !== one && id !== two);
    expect(new Set(seen.slice(2).flat())).toEqual(new Set([one, two, funding]));
    // None is named twice
    for (const ids of seen) expect(ids).toEqual([...new Set(ids)]);
  });

  it('learns how each command ended', async () => {
    const { ledger, notes } = await anObservedLedger();
    const [from, to] = [await anAccount(ledger), await anAccount(ledger)];
    const pay = (idempotencyKey: string, amount = 5n) =>
      ledger.transferFunds(ADA, {
        sourceAccountId: from,
        destinationAccountId: to,
        amount,
        idempotencyKey,
      });
    await pay('a');
    await pay('a');
    await pay('a', 6n);
    await ledger.submitBatch(ADA, {
      idempotencyKey: 'b',
      transfers: [1n, 2n].map((amount) => ({ sourceAccountId: from, destinationAccountId: to, amount })),
    });

    expect(notes.lines.filter((line) => line.includes('answered')).slice(2)).toEqual([
      'command 3 answered {"refused":["insufficient_funds"]}',
      'command 4 answered "replayed"',
      'command 5 answered {"refused":["idempotency_key_reused"]}',
      'command 6 answered {"refused":["insufficient_funds","insufficient_funds"]}',
    ]);
  });

  it('sees nothing of a dry run', async () => {
    const { ledger, notes } = await anObservedLedger();
    const accountId = await anAccount(ledger);
    notes.lines.length = 0;
    const request = { destinationAccountId: accountId, amount: 5n, idempotencyKey: 'a' };
    await ledger.fundAccount(SYSTEM, request, { dryRun: true });
    expect(notes.lines).toEqual([]);
  });

  it('sees a unit fail, and the fault of its caller', async () => {
    const store = createMemoryStore();
    const { unitOfWork } = store;
    const failing: UnitOfWork = {
      run: (work) => unitOfWork.run(work),
      transact: async (want) => {
        want();
        throw new PassbookError('outcome_unknown');
      },
    };
    const { ledger, notes } = await anObservedLedger({ store: { ...store, unitOfWork: failing } });
    await expect(ledger.openAccount(ADA)).rejects.toMatchObject({ code: 'outcome_unknown' });
    expect(notes.lines).toEqual([
      'command 1 submitted',
      'unit 1 began with command 1',
      expect.stringMatching(/^unit 1 failed: PassbookError: /),
      'command 1 answered {"fault":"outcome_unknown"}',
    ]);
  });

  it('sees a command that was never taken into a unit', async () => {
    const { ledger, notes } = await anObservedLedger({ limits: { queue: 0 } });
    await expect(ledger.openAccount(ADA)).rejects.toMatchObject({ code: 'queue_full' });
    await ledger.close();
    await expect(ledger.openAccount(ADA)).rejects.toMatchObject({ code: 'unavailable' });
    expect(notes.lines).toEqual([
      'command 1 submitted',
      'command 1 answered {"fault":"queue_full"}',
      'command 2 submitted',
      'command 2 answered {"fault":"unavailable"}',
    ]);
  });
});
