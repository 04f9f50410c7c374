import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../src/adapters/memory/index.ts';
import type { WithDryRun } from '../../src/application/dry-run.ts';
import type { Store, UnitOfWork } from '../../src/application/ports/ledger-store.ts';
import type { SubmitOptions } from '../../src/application/group-commit.ts';
import { whole } from '../../src/domain/books/changes.ts';
import type { Books } from '../../src/domain/books/working-books.ts';
import type { Changes } from '../../src/domain/books/changes.ts';
import type { Identifier } from '../../src/domain/books/prefetch.ts';
import { makeAccountNumber } from '../../src/domain/entities/account-number.ts';
import { createLedger } from '../../src/index.ts';
import type { Ledger, LedgerOptions } from '../../src/index.ts';
import { SYSTEM } from '../../src/testing/fixtures/bank.ts';
import { play } from './play.ts';
import type { OpenStore } from './play.ts';
import { drawSequence } from './sequence.ts';
import type { Sequence } from './sequence.ts';
import { shrink } from './shrink.ts';

const SEED = 2026;
/** Fewer than `sqlite.test.ts` plays. */
const SEQUENCES = 50;

/** A memory store with something changed about it. */
function openWith(change: (store: Store) => Partial<Store>): OpenStore {
  return async () => {
    const store = createMemoryStore();
    return { stores: [{ ...store, ...change(store) }], dispose: () => store.close() };
  };
}

/** The ledger's use cases without the types of their dry runs, so that one can be put in place of another. */
type Plainly = {
  readonly [Name in keyof Ledger]: Ledger[Name] extends WithDryRun<
    infer By,
    infer Request,
    infer _Result,
    infer _Other
  >
    ? (actor: By, request: Request, options?: SubmitOptions) => Promise<object>
    : Ledger[Name];
};

/** A ledger with something changed about it. */
function openAs(change: (ledger: Ledger) => Partial<Plainly>): OpenStore {
  return async () => {
    const store = createMemoryStore();
    const ledgerOf = (options: LedgerOptions) => {
      const ledger = createLedger(options);
      return { ...ledger, ...change(ledger) } as Ledger;
    };
    return { stores: [store], ledgerOf, dispose: () => store.close() };
  };
}

/** Writes all that a decision changes, but for what is changed about that. */
function writing({ unitOfWork }: Store, change: (changes: Changes) => Partial<Changes>): UnitOfWork {
  return {
    run: (work) => unitOfWork.run(work),
    transact: (prefetch, decide, deadline) =>
      unitOfWork.transact(
        prefetch,
        (books) => {
          const { result, changes } = whole(decide(books));
          return { result, changes: { ...changes, ...change(changes) } };
        },
        deadline,
      ),
  };
}

/** Loads other books than there are. */
const NONE = { debits: 0n, credits: 0n };

function loading({ unitOfWork }: Store, change: (books: Books) => Partial<Books>): UnitOfWork {
  return {
    run: (work) => unitOfWork.run(work),
    transact: (prefetch, decide, deadline) =>
      unitOfWork.transact(prefetch, (books) => decide({ ...books, ...change(books) }), deadline),
  };
}

/** Finds only some of the identifiers taken. */
function knowing(store: Store, isKnown: (identifier: Identifier) => boolean): UnitOfWork {
  return loading(store, (books) => ({ isTaken: (one) => isKnown(one) && books.isTaken(one) }));
}

/** Returns the number with the check digits that it should have. */
function corrected(text: string): string {
  const [, prefix = '', body] = /^([A-Z]{2})\d{2}(\d{12})$/.exec(text) ?? [];
  return body === undefined ? text : makeAccountNumber(prefix, body);
}

async function isFound(open: OpenStore): Promise<boolean> {
  for (let index = 0; index < SEQUENCES; index++) {
    if (await play(drawSequence({ seed: SEED, index, mostCommands: 512 }), open)) return true;
  }
  return false;
}

/** How many commands are left of the first sequence that a store fails; undefined if it fails none. */
async function commandsToFail(open: OpenStore): Promise<number | undefined> {
  for (let index = 0; index < 10; index++) {
    const sequence = drawSequence({ seed: SEED, index, mostCommands: 128 });
    const disagreement = await play(sequence, open);
    if (!disagreement) continue;
    const shortest = await shrink(
      { sequence, disagreement },
      { play: (some) => play(some, open), timeMs: Infinity },
    );
    return commandsOf(shortest.sequence).length;
  }
  return undefined;
}

function commandsOf({ steps }: Sequence) {
  return steps.flatMap(({ commands }) => commands.map(({ id, name, facts }) => ({ id, name, facts })));
}

describe('the model test', () => {
  it('finds nothing without a planted fault', async () => {
    expect(await commandsToFail(openWith(() => ({})))).toBeUndefined();
  });

  it.each(['messages', 'records', 'transfers', 'audit'] as const)(
    'finds a store that forgets %s, and shrinks the sequence to few commands',
    async (forgotten) => {
      const left = await commandsToFail(
        openWith((store) => ({ unitOfWork: writing(store, () => ({ [forgotten]: [] })) })),
      );
      expect(left).toBeLessThanOrEqual(4);
    },
  );

  it.each<[fault: string, plant: (store: Store) => Partial<Store>]>([
    [
      'keeps the first state of a transfer',
      (store) => ({
        unitOfWork: writing(store, ({ transfers }) => ({
          transfers: transfers.filter(({ before }) => before === null),
        })),
      }),
    ],
    [
      'loads no due holds',
      (store) => ({ unitOfWork: loading(store, () => ({ dueOn: () => NONE, firstHolds: () => [] })) }),
    ],
    [
      'loads only one due hold',
      (store) => ({
        unitOfWork: loading(store, (books) => ({ firstHolds: (id) => books.firstHolds(id, 1) })),
      }),
    ],
    [
      'lets two transfers have one external id',
      (store) => ({ unitOfWork: knowing(store, ({ kind }) => kind !== 'transfer_external_id') }),
    ],
    [
      'lets two accounts have one external id',
      (store) => ({ unitOfWork: knowing(store, ({ kind }) => kind !== 'account_external_id') }),
    ],
    [
      'gives two accounts one number',
      (store) => ({ unitOfWork: knowing(store, ({ kind }) => kind !== 'account_number') }),
    ],
    [
      'keeps the external id of a rejected transfer',
      (store) => {
        const rejected = new Set<string | null>();
        const unitOfWork = writing(store, ({ transfers }) => {
          for (const { after } of transfers) if (after.status === 'rejected') rejected.add(after.externalId);
          return {};
        });
        return {
          unitOfWork: loading({ ...store, unitOfWork }, (books) => ({
            isTaken: (one) =>
              (one.kind === 'transfer_external_id' && rejected.has(one.value)) || books.isTaken(one),
          })),
        };
      },
    ],
    ['finds nothing by number', ({ reads }) => ({ reads: { ...reads, identify: async () => new Map() } })],
    ['returns no due holds to reads', ({ reads }) => ({ reads: { ...reads, dueOn: async () => NONE } })],
    [
      'returns holds as due one instant too late',
      ({ reads }) => ({ reads: { ...reads, dueOn: (id, until) => reads.dueOn(id, until - 1) } }),
    ],
    [
      'finds no account for the sweeper',
      ({ reads }) => ({ reads: { ...reads, accountsWithDueHolds: async () => [] } }),
    ],
    [
      'restarts the audit log with each record',
      (store) => ({ unitOfWork: loading(store, () => ({ auditHead: () => undefined })) }),
    ],
    [
      'does not count closed accounts',
      (store) => ({
        unitOfWork: loading(store, (books) => ({
          accountCount: (ownerId) =>
            ['EUR', 'USD', 'JPY', 'BHD'].flatMap((currency) => books.activeAccounts({ ownerId, currency }))
              .length,
        })),
      }),
    ],
    [
      'takes the newest active account instead of the oldest',
      (store) => ({
        unitOfWork: loading(store, (books) => ({
          activeAccounts: (of) => books.activeAccounts(of).slice(-1),
        })),
      }),
    ],
    [
      'treats a key as the same in every operation',
      (store) => ({
        unitOfWork: loading(store, (books) => ({
          record: (key) =>
            books.record(key) ??
            books.record({ ...key, operation: key.operation === 'void' ? 'capture' : 'void' }),
        })),
      }),
    ],
  ])('finds a store that %s', async (_, plant) => {
    expect(await isFound(openWith(plant))).toBe(true);
  });

  it.each<[fault: string, plant: (ledger: Ledger) => Partial<Plainly>]>([
    [
      'moves money in a dry run',
      (ledger) => ({ transferFunds: (actor, request) => ledger.transferFunds(actor, request) }),
    ],
    [
      'reserves for one second too long',
      (ledger) => ({
        transferFunds: (actor, { expiresInSeconds, ...request }, options) => {
          const longer = expiresInSeconds === undefined ? {} : { expiresInSeconds: expiresInSeconds + 1 };
          return ledger.transferFunds(actor, { ...request, ...longer }, options);
        },
      }),
    ],
    [
      'captures the whole hold instead of a part',
      (ledger) => ({
        captureHold: (actor, { amount: _part, ...request }, options) =>
          ledger.captureHold(actor, request, options),
      }),
    ],
    [
      'lets anyone void a hold',
      (ledger) => ({ voidHold: (_, ...terms) => ledger.voidHold(SYSTEM, ...terms) }),
    ],
    [
      'lets anyone reverse a transfer',
      (ledger) => ({ reverseTransfer: (_, ...terms) => ledger.reverseTransfer(SYSTEM, ...terms) }),
    ],
    [
      'reverses the whole remainder instead of a part',
      (ledger) => ({
        reverseTransfer: (actor, { amount: _part, ...request }, options) =>
          ledger.reverseTransfer(actor, request, options),
      }),
    ],
    [
      'treats a linked batch as unlinked',
      (ledger) => ({
        submitBatch: (actor, request, options) =>
          ledger.submitBatch(actor, { ...request, linked: false }, options),
      }),
    ],
    [
      'runs the members of a batch in another order',
      (ledger) => ({
        submitBatch: (actor, request, options) =>
          ledger.submitBatch(actor, { ...request, transfers: request.transfers.toReversed() }, options),
      }),
    ],
    [
      'treats a withdrawal as initial funds',
      (ledger) => ({
        withdrawFunds: (actor, { sourceAccountId, ...request }, options) => {
          const destination = sourceAccountId === undefined ? {} : { destinationAccountId: sourceAccountId };
          return ledger.fundAccount(actor, { ...request, ...destination }, options);
        },
      }),
    ],
    [
      'exchanges at par',
      (ledger) => ({
        exchangeFunds: (actor, request, options) =>
          ledger.exchangeFunds(actor, { ...request, destinationAmount: request.sourceAmount }, options),
      }),
    ],
    [
      'removes the name of an account instead of renaming it',
      (ledger) => ({
        renameAccount: (actor, request) => ledger.renameAccount(actor, { ...request, name: null }),
      }),
    ],
    [
      'never freezes credits',
      (ledger) => ({
        freezeAccount: (actor, request) => ledger.freezeAccount(actor, { ...request, credits: false }),
      }),
    ],
    [
      'freezes instead of unfreezing',
      (ledger) => ({ unfreezeAccount: (actor, request) => ledger.freezeAccount(actor, request) }),
    ],
    [
      'sets the lower limit alone',
      (ledger) => ({
        limitAccount: (actor, request) => ledger.limitAccount(actor, { ...request, maximumBalance: null }),
      }),
    ],
    [
      'closes without sweeping',
      (ledger) => ({
        closeAccount: (actor, { accountId }) => ledger.closeAccount(actor, { accountId }),
      }),
    ],
    [
      'drops the reference of a transfer',
      (ledger) => ({
        transferFunds: (actor, { reference: _reference, ...request }, options) =>
          ledger.transferFunds(actor, request, options),
      }),
    ],
    [
      'ignores check digits',
      (ledger) => ({
        transferFunds: (actor, { destinationAccountId, ...request }, options) => {
          const named =
            destinationAccountId === undefined
              ? {}
              : { destinationAccountId: corrected(destinationAccountId) };
          return ledger.transferFunds(actor, { ...request, ...named }, options);
        },
      }),
    ],
    [
      'lets a stranger set the metadata of an account',
      (ledger) => ({
        setAccountMetadata: async (actor, request) => {
          const answer = await ledger.setAccountMetadata(actor, request);
          const isStranger = !answer.ok && answer.code === 'account_not_found';
          return isStranger ? ledger.setAccountMetadata(SYSTEM, request) : answer;
        },
      }),
    ],
    [
      'finds the accounts of others by their external ids',
      (ledger) => ({ findAccount: (_, externalId) => ledger.findAccount(SYSTEM, externalId) }),
    ],
    [
      'shows only the first page of the audit log',
      (ledger) => ({ listAudit: () => ledger.listAudit(SYSTEM) }),
    ],
    [
      'shows everything to everyone',
      (ledger) => ({ getTransfer: (_, transferId) => ledger.getTransfer(SYSTEM, transferId) }),
    ],
  ])('finds a ledger that %s', async (_, plant) => {
    expect(await isFound(openAs(plant))).toBe(true);
  });

  it('finds a store that returns an entry twice at a page boundary', async () => {
    const open = openWith(({ reads }) => ({
      reads: {
        ...reads,
        entriesOf: (id, { after, limit }) =>
          reads.entriesOf(id, { after: after !== null && after > 2 ? after - 1 : after, limit }),
      },
    }));
    expect(await commandsToFail(open)).toBeLessThanOrEqual(12);
  });

  it('draws the same sequence from the same seed, and a different one from another', () => {
    const terms = { index: 3, mostCommands: 128 };
    const commands = commandsOf(drawSequence({ ...terms, seed: SEED }));
    expect(commandsOf(drawSequence({ ...terms, seed: SEED }))).toStrictEqual(commands);
    expect(commandsOf(drawSequence({ ...terms, seed: SEED + 1 }))).not.toStrictEqual(commands);
  });
});
