import type { Account } from '../../src/domain/account.ts';
import type { Books, Changes } from '../../src/domain/books.ts';
import type { InitialFundsCommand, OpenAccountCommand, TransferCommand } from '../../src/domain/command.ts';
import { keyText, scopeOf } from '../../src/domain/idempotency.ts';
import type { IdempotencyKey, Operation } from '../../src/domain/idempotency.ts';
import type { Actor } from '../../src/domain/actor.ts';
import { freshId, ids } from './builders.ts';

const ALICE = { kind: 'user', id: 'alice', name: 'Alice' } as const;
const SYSTEM = { kind: 'system' } as const;

function aKey(actor: Actor, operation: Operation): IdempotencyKey {
  return { scope: scopeOf(actor), operation, key: freshId() };
}

/** Alice's, of 1 EUR between accounts that are not there, unless said. */
export function aTransferCommand(facts: Partial<TransferCommand> = {}): TransferCommand {
  const actor = facts.actor ?? ALICE;
  return {
    type: 'transfer',
    id: freshId(),
    salt: ids.newSalt(),
    actor,
    key: aKey(actor, 'transfer'),
    request: { version: 1, fields: [['amount', String(facts.amount ?? 100n)]] },
    sourceAccountId: freshId(),
    destinationAccountId: freshId(),
    amount: 100n,
    currency: null,
    description: null,
    metadata: null,
    ...facts,
  };
}

/** The bank's, of 1 EUR to an account that is not there, unless said. */
export function aFundingCommand(facts: Partial<InitialFundsCommand> = {}): InitialFundsCommand {
  const actor = facts.actor ?? SYSTEM;
  return {
    type: 'initial_funds',
    id: freshId(),
    salt: ids.newSalt(),
    actor,
    key: aKey(actor, 'initial_funds'),
    request: { version: 1, fields: [['amount', String(facts.amount ?? 100n)]] },
    destination: { accountId: freshId() },
    amount: 100n,
    currency: null,
    description: null,
    ...facts,
  };
}

/** Alice's, of an account in EUR, without a limit, unless said. */
export function anOpenCommand(facts: Partial<OpenAccountCommand> = {}): OpenAccountCommand {
  const actor = facts.actor ?? ALICE;
  return {
    type: 'open_account',
    id: freshId(),
    actor,
    key: aKey(actor, 'open_account'),
    request: { version: 1, fields: [['ownerId', facts.ownerId ?? 'alice']] },
    ownerId: 'alice',
    currency: 'EUR',
    name: null,
    accountLimit: null,
    ...facts,
  };
}

/** Books that hold all there is: these accounts, and what changes are written into them. */
export class WholeBooks implements Books {
  readonly #accounts: Map<string, Account>;
  readonly #records = new Map<string, Changes['records'][number]>();

  constructor(accounts: readonly Account[] = []) {
    this.#accounts = new Map(accounts.map((account) => [account.id, account]));
  }

  account(id: string): Account | undefined {
    return this.#accounts.get(id);
  }

  oldestActive({ ownerId, currency }: { ownerId: string; currency: string }): Account | undefined {
    return this.accounts()
      .filter((one) => one.ownerId === ownerId && one.currency === currency && one.status === 'active')
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))[0];
  }

  accountCount(ownerId: string): number {
    return this.accounts().filter((one) => one.ownerId === ownerId).length;
  }

  record(key: IdempotencyKey) {
    return this.#records.get(keyText(key));
  }

  accounts(): readonly Account[] {
    return [...this.#accounts.values()];
  }

  write(changes: Changes): void {
    for (const { after } of changes.accounts) this.#accounts.set(after.id, after);
    for (const record of changes.records) this.#records.set(keyText(record), record);
  }
}
