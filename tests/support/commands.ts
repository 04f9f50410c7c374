import type { Account } from '../../src/domain/entities/account.ts';
import type { AuditHead, AuditRecord } from '../../src/domain/integrity/audit-log.ts';
import { pendingOf } from '../../src/domain/books/working-books.ts';
import type { Books } from '../../src/domain/books/working-books.ts';
import type { Changes } from '../../src/domain/books/changes.ts';
import type {
  AccountRef,
  BatchCommand,
  CaptureCommand,
  CloseCommand,
  EraseTextCommand,
  FreezeCommand,
  LimitCommand,
  OpenAccountCommand,
  ReverseCommand,
  TransferCommand,
  TransferInstruction,
  UnfreezeCommand,
  VoidCommand,
} from '../../src/domain/books/command.ts';
import { keyText, scopeOf } from '../../src/domain/books/idempotency.ts';
import type { IdempotencyKey, Operation } from '../../src/domain/books/idempotency.ts';
import type { Actor } from '../../src/domain/actor.ts';
import type { Transfer } from '../../src/domain/entities/transfer.ts';
import { freshId, ids } from './builders.ts';

const ALICE = { kind: 'user', id: 'alice', name: 'Alice' } as const;
const SYSTEM = { kind: 'system' } as const;

type Keyed = Pick<TransferCommand, 'actor' | 'key' | 'request'>;

function keyed(facts: Partial<Keyed>, operation: Operation, actor: Actor = ALICE): Keyed {
  const who = facts.actor ?? actor;
  return {
    actor: who,
    key: facts.key === undefined ? aKey(who, operation) : facts.key,
    request: facts.request ?? { version: 1, fields: [] },
  };
}

function aKey(actor: Actor, operation: Operation): IdempotencyKey {
  return { scope: scopeOf(actor), operation, key: freshId() };
}

function request(field: string, value: string): Keyed['request'] {
  return { version: 1, fields: [[field, value]] };
}

type OrderTerms = Partial<TransferInstruction> & {
  readonly sourceAccountId?: string;
  readonly destinationAccountId?: string;
  readonly amount?: bigint;
};

/** Of 1 EUR between accounts that are not there, unless said. */
export function anOrder({
  sourceAccountId = freshId(),
  destinationAccountId = freshId(),
  amount = 100n,
  ...facts
}: OrderTerms = {}): TransferInstruction {
  return {
    id: freshId(),
    salt: ids.newSalt(),
    kind: 'transfer',
    legs: [
      { account: { accountId: sourceAccountId }, direction: 'debit', amount },
      { account: { accountId: destinationAccountId }, direction: 'credit', amount },
    ],
    currency: null,
    hold: null,
    description: null,
    metadata: null,
    ...facts,
  };
}

/** Alice's, of 1 EUR between accounts that are not there, unless said. */
export function aTransferCommand({
  actor,
  key,
  request: made,
  ...terms
}: OrderTerms & Partial<Keyed> = {}): TransferCommand {
  const facts = {
    ...(actor ? { actor } : {}),
    ...(key === undefined ? {} : { key }),
    request: made ?? request('amount', String(terms.amount ?? 100n)),
  };
  return { type: 'transfer', ...keyed(facts, 'transfer'), instruction: anOrder(terms) };
}

/** The bank's, of 1 EUR to an account that is not there, unless said. */
export function aFundingCommand({
  destination = { accountId: freshId() },
  amount = 100n,
  currency = null,
  key,
}: {
  readonly destination?: AccountRef;
  readonly amount?: bigint;
  readonly currency?: string | null;
  readonly key?: IdempotencyKey | null;
} = {}): TransferCommand {
  const facts = { ...(key === undefined ? {} : { key }), request: request('amount', String(amount)) };
  return {
    type: 'transfer',
    ...keyed(facts, 'initial_funds', SYSTEM),
    instruction: anOrder({
      kind: 'initial_funds',
      legs: [
        { account: { purpose: 'funding' }, direction: 'debit', amount },
        { account: destination, direction: 'credit', amount },
      ],
      currency,
    }),
  };
}

/** Alice's, unlinked, unless said. */
export function aBatchCommand(
  facts: Partial<BatchCommand> & Pick<BatchCommand, 'instructions'>,
): BatchCommand {
  return { type: 'batch', id: freshId(), linked: false, ...keyed(facts, 'batch'), ...facts };
}

/** The bank's, of all of it, unless said. */
export function aCaptureCommand(
  facts: Partial<CaptureCommand> & Pick<CaptureCommand, 'transferId'>,
): CaptureCommand {
  return { type: 'capture', amount: null, ...keyed(facts, 'capture', SYSTEM), ...facts };
}

/** The bank's, unless said. */
export function aVoidCommand(facts: Partial<VoidCommand> & Pick<VoidCommand, 'transferId'>): VoidCommand {
  return { type: 'void', ...keyed(facts, 'void', SYSTEM), ...facts };
}

/** The bank's, of all that is left, unless said. */
export function aReverseCommand(
  facts: Partial<ReverseCommand> & Pick<ReverseCommand, 'transferId'>,
): ReverseCommand {
  return {
    type: 'reverse',
    id: freshId(),
    salt: ids.newSalt(),
    amount: null,
    description: null,
    ...keyed(facts, 'reverse', SYSTEM),
    ...facts,
  };
}

/** The bank's. */
export function anEraseTextCommand(
  facts: Partial<EraseTextCommand> & Pick<EraseTextCommand, 'transferId'>,
): EraseTextCommand {
  return {
    type: 'erase_text',
    reason: 'asked for',
    actor: SYSTEM,
    key: null,
    request: { version: 1, fields: [] },
    ...facts,
  };
}

type OnAccount = { readonly accountId: string };

/** The bank's, of debits alone, unless said. */
export function aFreezeCommand(facts: Partial<FreezeCommand> & OnAccount): FreezeCommand {
  const { accountId } = facts;
  const base = keyed({ request: request('accountId', accountId), ...facts }, 'freeze_account', SYSTEM);
  return { type: 'freeze', credits: false, reason: 'on suspicion', ...base, ...facts };
}

/** The bank's, unless said. */
export function anUnfreezeCommand(facts: Partial<UnfreezeCommand> & OnAccount): UnfreezeCommand {
  return { type: 'unfreeze', reason: 'cleared', ...keyed(facts, 'unfreeze_account', SYSTEM), ...facts };
}

/** The bank's: no overdraft and no maximum, unless said. */
export function aLimitCommand(facts: Partial<LimitCommand> & OnAccount): LimitCommand {
  return {
    type: 'limit',
    minimumBalance: 0n,
    maximumBalance: null,
    reason: 'on request',
    ...keyed(facts, 'limit_account', SYSTEM),
    ...facts,
  };
}

/** The bank's, of an account that must be empty, unless said. */
export function aCloseCommand(facts: Partial<CloseCommand> & OnAccount): CloseCommand {
  return { type: 'close', sweep: null, reason: null, ...keyed(facts, 'close_account', SYSTEM), ...facts };
}

/** Alice's, of an account in EUR, without a limit, unless said. */
export function anOpenCommand(facts: Partial<OpenAccountCommand> = {}): OpenAccountCommand {
  const made = { request: request('ownerId', facts.ownerId ?? 'alice'), ...facts };
  return {
    type: 'open_account',
    id: freshId(),
    ownerId: 'alice',
    currency: 'EUR',
    name: null,
    accountLimit: null,
    ...keyed(made, 'open_account'),
    ...facts,
  };
}

/** Books that hold all there is: these accounts, and what changes are written into them. */
export class WholeBooks implements Books {
  readonly #accounts: Map<string, Account>;
  readonly #transfers: Map<string, Transfer>;
  readonly #records = new Map<string, Changes['records'][number]>();
  readonly #audit: AuditRecord[] = [];

  constructor(accounts: readonly Account[] = [], transfers: readonly Transfer[] = []) {
    this.#accounts = new Map(accounts.map((account) => [account.id, account]));
    this.#transfers = new Map(transfers.map((transfer) => [transfer.id, transfer]));
  }

  account(id: string): Account | undefined {
    return this.#accounts.get(id);
  }

  transfer(id: string): Transfer | undefined {
    return this.#transfers.get(id);
  }

  readonly dueKnownBy = Infinity;

  dueOn(accountId: string, until: number) {
    return this.holdsOf(accountId)
      .filter(({ expiresAt }) => Number(expiresAt) <= until)
      .map((hold) => pendingOf(hold, accountId))
      .reduce(
        (sum, { debits, credits }) => ({ debits: sum.debits + debits, credits: sum.credits + credits }),
        { debits: 0n, credits: 0n },
      );
  }

  firstHolds(accountId: string, limit: number): readonly Transfer[] {
    return this.holdsOf(accountId).slice(0, limit);
  }

  holdsOf(accountId: string): readonly Transfer[] {
    return this.transfers()
      .filter(({ status, legs }) => status === 'pending' && legs.some((leg) => leg.accountId === accountId))
      .toSorted((a, b) => Number(a.expiresAt) - Number(b.expiresAt));
  }

  activeAccounts({ ownerId, currency }: { ownerId: string; currency: string }): readonly Account[] {
    return this.accounts()
      .filter((one) => one.ownerId === ownerId && one.currency === currency && one.status === 'active')
      .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }

  accountCount(ownerId: string): number {
    return this.accounts().filter((one) => one.ownerId === ownerId).length;
  }

  record(key: IdempotencyKey) {
    return this.#records.get(keyText(key));
  }

  auditHead(): AuditHead | undefined {
    return this.#audit.at(-1);
  }

  accounts(): readonly Account[] {
    return [...this.#accounts.values()];
  }

  transfers(): readonly Transfer[] {
    return [...this.#transfers.values()];
  }

  write(changes: Changes): void {
    for (const { after } of changes.accounts) this.#accounts.set(after.id, after);
    for (const { after } of changes.transfers) this.#transfers.set(after.id, after);
    for (const record of changes.records) this.#records.set(keyText(record), record);
    this.#audit.push(...changes.audit);
  }
}
