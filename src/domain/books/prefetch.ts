import type { Account, SystemPurpose } from '../entities/account.ts';
import type { Transfer } from '../entities/transfer.ts';
import type { Instant } from '../time.ts';
import type { Command, TransferInstruction } from './command.ts';
import { keyText } from './idempotency.ts';
import type { IdempotencyKey } from './idempotency.ts';

/** Everything that a store must load before a decision. Lists have no duplicates; stores skip missing items. */
export type Prefetch = {
  readonly accountIds: readonly string[];
  /** Ids of transfers to load, along with the accounts of their legs. */
  readonly transferIds: readonly string[];
  /** Purposes of system accounts to load, in every currency of the loaded accounts. */
  readonly purposes: readonly SystemPurpose[];
  /** For each: load the owner's `activeCount` oldest active accounts in the currency, which have the lowest ids. */
  readonly activeAccounts: readonly OwnerAndCurrency[];
  /** Greater than one if an earlier command may freeze or close the oldest account. */
  readonly activeCount: number;
  /** Owners whose accounts to count, including closed ones. */
  readonly ownerIds: readonly string[];
  readonly keys: readonly IdempotencyKey[];
  /** Identifiers to look up: whether an account or a transfer has them (`Books.isTaken`). */
  readonly identifiers: readonly Identifier[];
  /**
   * Holds that expire later are not due in this decision, even if an account is ahead of the clock. An account needs
   * more data if its `nextExpiryAt` has passed by the instant of the decision: the sums of its due holds
   * (`Books.dueOn`), some of the holds that expire first (`Books.firstHolds`), and the accounts of their legs.
   */
  readonly holdsDueBy: Instant;
  /** Whether to load the last audit record. */
  readonly auditHead: boolean;
};

/**
 * An identifier beside the id, which at most one account or transfer has. A rejected transfer frees its external id.
 */
export type Identifier = {
  readonly kind: 'account_number' | 'account_external_id' | 'transfer_external_id';
  readonly value: string;
};

/** Returns a text unique to the identifier. */
export function identifierText({ kind, value }: Identifier): string {
  return `${kind} ${value}`;
}

export function identifiersOfAccount({ number, externalId }: Account): readonly Identifier[] {
  return [
    ...(number === null ? [] : [{ kind: 'account_number', value: number } as const]),
    ...(externalId === null ? [] : [{ kind: 'account_external_id', value: externalId } as const]),
  ];
}

export function identifiersOfTransfer({ externalId, status }: Transfer): readonly Identifier[] {
  if (externalId === null || status === 'rejected') return [];
  return [{ kind: 'transfer_external_id', value: externalId }];
}

export type OwnerAndCurrency = { readonly ownerId: string; readonly currency: string };

export function prefetchFor(commands: readonly Command[], holdsDueBy: Instant): Prefetch {
  const want = new PrefetchBuilder();
  for (const command of commands) want.addCommand(command);
  return want.list(holdsDueBy);
}

class PrefetchBuilder {
  readonly #accountIds = new Set<string>();
  readonly #transferIds = new Set<string>();
  readonly #purposes = new Set<SystemPurpose>();
  readonly #activeAccounts = new Map<string, OwnerAndCurrency>();
  readonly #ownerIds = new Set<string>();
  readonly #keys = new Map<string, IdempotencyKey>();
  readonly #identifiers = new Map<string, Identifier>();
  #auditHead = false;
  #deactivations = 0;

  addCommand(command: Command): void {
    if (command.key) this.#keys.set(keyText(command.key), command.key);
    switch (command.type) {
      case 'transfer':
        this.#addInstruction(command.instruction);
        break;
      case 'batch':
        for (const instruction of command.instructions) this.#addInstruction(instruction);
        break;
      case 'capture':
      case 'void':
      case 'reverse':
        this.#transferIds.add(command.transferId);
        if (command.type === 'reverse') this.#addIdentifier('transfer_external_id', command.externalId);
        break;
      case 'erase_text':
        this.#transferIds.add(command.transferId);
        this.#auditHead = true;
        break;
      case 'open_account':
        this.#ownerIds.add(command.ownerId);
        this.#addIdentifier('account_number', command.number);
        this.#addIdentifier('account_external_id', command.externalId);
        break;
      case 'expire':
      case 'rename':
        this.#accountIds.add(command.accountId);
        break;
      case 'close':
        if (command.sweep) this.#accountIds.add(command.sweep.accountId);
        this.#addAudited(command.accountId);
        break;
      case 'freeze':
      case 'unfreeze':
      case 'limit':
      case 'describe':
        this.#addAudited(command.accountId);
        break;
      default:
        command satisfies never;
    }
  }

  #addInstruction(instruction: TransferInstruction): void {
    for (const { account } of instruction.legs) {
      if ('accountId' in account) this.#accountIds.add(account.accountId);
      else if ('ownerId' in account)
        this.#activeAccounts.set(`${account.ownerId} ${account.currency}`, account);
      else this.#purposes.add(account.purpose);
    }
    this.#addIdentifier('transfer_external_id', instruction.externalId);
  }

  #addIdentifier(kind: Identifier['kind'], value: string | null): void {
    if (value !== null) this.#identifiers.set(identifierText({ kind, value }), { kind, value });
  }

  #addAudited(accountId: string): void {
    this.#accountIds.add(accountId);
    this.#auditHead = true;
    this.#deactivations++;
  }

  list(holdsDueBy: Instant): Prefetch {
    return {
      accountIds: [...this.#accountIds],
      transferIds: [...this.#transferIds],
      purposes: [...this.#purposes],
      activeAccounts: [...this.#activeAccounts.values()],
      ownerIds: [...this.#ownerIds],
      keys: [...this.#keys.values()],
      identifiers: [...this.#identifiers.values()],
      activeCount: 1 + this.#deactivations,
      holdsDueBy,
      auditHead: this.#auditHead,
    };
  }
}
