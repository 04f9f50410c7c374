import type { SystemPurpose } from './account.ts';
import type { Actor } from './actor.ts';
import { keyText } from './idempotency.ts';
import type { IdempotencyKey, NormalisedRequest } from './idempotency.ts';
import type { Metadata } from './transfer.ts';

/** All ids and salts are drawn before, so that a store may run the decision again. */
type Keyed = {
  readonly actor: Actor;
  readonly key: IdempotencyKey;
  readonly request: NormalisedRequest;
};

export type TransferCommand = Keyed & {
  readonly type: 'transfer';
  readonly id: string;
  readonly salt: string;
  readonly sourceAccountId: string;
  readonly destinationAccountId: string;
  readonly amount: bigint;
  /** Null: whatever the accounts are in. */
  readonly currency: string | null;
  readonly description: string | null;
  readonly metadata: Metadata | null;
};

export type InitialFundsCommand = Keyed & {
  readonly type: 'initial_funds';
  readonly id: string;
  readonly salt: string;
  /** An account, or a user's oldest active account in a currency. */
  readonly destination:
    | { readonly accountId: string }
    | { readonly ownerId: string; readonly currency: string };
  readonly amount: bigint;
  readonly currency: string | null;
  readonly description: string | null;
};

export type OpenAccountCommand = Omit<Keyed, 'key'> & {
  readonly type: 'open_account';
  readonly id: string;
  readonly ownerId: string;
  readonly currency: string;
  readonly name: string | null;
  /** How many accounts the owner may have, this one included; null for no limit. */
  readonly accountLimit: number | null;
  readonly key: IdempotencyKey | null;
};

export type Command = TransferCommand | InitialFundsCommand | OpenAccountCommand;

/** What a store must load before the decision can be made. Each list without repeats; what does not exist is left out. */
export type Want = {
  readonly accountIds: readonly string[];
  /** System accounts of these purposes, in every currency of the accounts loaded. */
  readonly purposes: readonly SystemPurpose[];
  /** For each, the oldest active account of the owner in the currency: the lowest id. */
  readonly oldestActive: readonly OwnerAndCurrency[];
  /** Owners whose accounts are to be counted, closed ones too. */
  readonly ownerIds: readonly string[];
  readonly keys: readonly IdempotencyKey[];
};

export type OwnerAndCurrency = { readonly ownerId: string; readonly currency: string };

export function wantOf(commands: readonly Command[]): Want {
  const accountIds = new Set<string>();
  const purposes = new Set<SystemPurpose>();
  const oldestActive = new Map<string, OwnerAndCurrency>();
  const ownerIds = new Set<string>();
  const keys: IdempotencyKey[] = [];
  const seenKeys = new Set<string>();

  for (const command of commands) {
    if (command.key) addKey(command.key);
    switch (command.type) {
      case 'transfer':
        accountIds.add(command.sourceAccountId).add(command.destinationAccountId);
        break;
      case 'initial_funds':
        purposes.add('funding');
        if ('accountId' in command.destination) accountIds.add(command.destination.accountId);
        else {
          const { ownerId, currency } = command.destination;
          oldestActive.set(`${ownerId} ${currency}`, { ownerId, currency });
        }
        break;
      case 'open_account':
        ownerIds.add(command.ownerId);
        break;
      default:
        command satisfies never;
    }
  }
  return {
    accountIds: [...accountIds],
    purposes: [...purposes],
    oldestActive: [...oldestActive.values()],
    ownerIds: [...ownerIds],
    keys,
  };

  function addKey(key: IdempotencyKey): void {
    const text = keyText(key);
    if (!seenKeys.has(text)) keys.push(key);
    seenKeys.add(text);
  }
}
