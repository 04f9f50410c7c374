import { Account, systemAccountId } from '../../../src/domain/entities/account.ts';
import type { AccountState, SystemPurpose } from '../../../src/domain/entities/account.ts';
import { GENESIS_HASH } from '../../../src/domain/entities/genesis-hash.ts';
import { NO_CHANGES, aPrefetch } from '../../../src/testing/fixtures/bank.ts';
import { digitsFor, numberOf } from '../account-numbers.ts';
import type { CommandKind, Drawing } from '../command.ts';
import { CUSTOMERS, drawCurrency } from '../draw.ts';
import { BOUND, COUNTER_BOUND, clampToBound } from '../model.ts';
import type { Counters, ModelAccount } from '../model.ts';
import { exponentOf } from '../model-views.ts';

/** Writes an account as no command makes one: with more pending than there are holds, at the bounds, of the bank's other purposes. */
export const seedAccountKind: CommandKind<{ readonly account: Omit<ModelAccount, 'entries'> }> = {
  name: 'seedAccount',
  weight: 6,
  door: 'hand',

  generate(drawing) {
    const { random, model, id } = drawing;
    const currency = drawCurrency(drawing);
    const opening = drawCounters(drawing);
    const openedAt = model.now + random.integer(-5, 5);
    const balance = opening.creditsPosted - opening.debitsPosted;
    const shared = {
      currency,
      openedAt,
      opening,
      externalId: null,
      metadata: null,
      status: 'active',
      creditsFrozen: false,
    } as const;
    if (random.chance(0.2)) {
      const { purpose, class: itsClass } = random.pick(OF_THE_BANK);
      return {
        account: {
          ...shared,
          id: systemAccountId(purpose, currency),
          ownerId: null,
          purpose,
          number: null,
          name: null,
          class: itsClass,
          minimumBalance: null,
          maximumBalance: null,
        },
      };
    }
    return {
      account: {
        ...shared,
        id,
        ownerId: random.pick(CUSTOMERS).id,
        purpose: null,
        number: numberOf(digitsFor(id).at(-1) ?? ''),
        name: null,
        class: 'liability',
        minimumBalance: random.pick([0n, 0n, -50n, 10n, -BOUND]),
        maximumBalance: random.pick([null, clampToBound(balance + BigInt(random.integer(0, 60))), BOUND]),
      },
    };
  },

  async runOnLedger({ account }, { store, clock }) {
    const { opening, openedAt, ...facts } = account;
    const state: AccountState = {
      ...facts,
      exponent: exponentOf(facts.currency),
      counters: opening,
      sequence: 0,
      latestAt: openedAt,
      head: GENESIS_HASH,
      nextExpiryAt: null,
      createdAt: openedAt,
    };
    await store.unitOfWork.transact(
      aPrefetch({ accountIds: [account.id] }),
      (books) => {
        if (books.account(account.id)) return { result: undefined, changes: NO_CHANGES };
        const after = Account.restore(state);
        return { result: undefined, changes: { ...NO_CHANGES, accounts: [{ before: null, after }] } };
      },
      clock.now() + 60_000,
    );
  },

  runOnModel({ account }, model) {
    // A copy: the model changes its accounts, and a sequence is run more than once.
    if (!model.accounts.has(account.id)) model.accounts.set(account.id, { ...account, entries: [] });
  },
};

const OF_THE_BANK: readonly { purpose: SystemPurpose; class: ModelAccount['class'] }[] = [
  { purpose: 'funding', class: 'asset' },
  { purpose: 'settlement', class: 'asset' },
  { purpose: 'fees', class: 'income' },
  { purpose: 'exchange', class: 'asset' },
  { purpose: 'suspense', class: 'liability' },
];

function drawCounters({ random }: Drawing): Counters {
  const [debits, credits] = random.pick([
    [0n, 100n],
    [40n, 100n],
    [30n, 0n],
    [0n, BOUND - 5n],
    [BOUND - 20n, 0n],
    [COUNTER_BOUND - 100n, COUNTER_BOUND - 20n],
    [COUNTER_BOUND, COUNTER_BOUND],
  ] as const);
  const pending = random.chance(0.5);
  return {
    debitsPosted: debits,
    creditsPosted: credits,
    debitsPending: pending ? BigInt(random.integer(0, 20)) : 0n,
    creditsPending: pending ? BigInt(random.integer(0, 5)) : 0n,
  };
}
