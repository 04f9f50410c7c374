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

/** An instruction. Default: 1 EUR between accounts that do not exist. */
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

/** A transfer command. Default: Alice's, of 1 EUR between accounts that do not exist. */
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

/** A funding command of the bank. Default: 1 EUR to an account that does not exist. */
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

/** A batch command. Default: Alice's, unlinked. */
export function aBatchCommand(
  facts: Partial<BatchCommand> & Pick<BatchCommand, 'instructions'>,
): BatchCommand {
  return { type: 'batch', id: freshId(), linked: false, ...keyed(facts, 'batch'), ...facts };
}

/** A capture command. Default: the bank's, of the whole hold. */
export function aCaptureCommand(
  facts: Partial<CaptureCommand> & Pick<CaptureCommand, 'transferId'>,
): CaptureCommand {
  return { type: 'capture', amount: null, ...keyed(facts, 'capture', SYSTEM), ...facts };
}

/** A void command. Default: the bank's. */
export function aVoidCommand(facts: Partial<VoidCommand> & Pick<VoidCommand, 'transferId'>): VoidCommand {
  return { type: 'void', ...keyed(facts, 'void', SYSTEM), ...facts };
}

/** A reverse command. Default: the bank's, of the whole remaining amount. */
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

/** An erase-text command of the bank. */
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

/** A freeze command. Default: the bank's, of debits only. */
export function aFreezeCommand(facts: Partial<FreezeCommand> & OnAccount): FreezeCommand {
  const { accountId } = facts;
  const base = keyed({ request: request('accountId', accountId), ...facts }, 'freeze_account', SYSTEM);
  return { type: 'freeze', credits: false, reason: 'on suspicion', ...base, ...facts };
}

/** An unfreeze command. Default: the bank's. */
export function anUnfreezeCommand(facts: Partial<UnfreezeCommand> & OnAccount): UnfreezeCommand {
  return { type: 'unfreeze', reason: 'cleared', ...keyed(facts, 'unfreeze_account', SYSTEM), ...facts };
}

/** A limit command. Default: the bank's, for no overdraft and no maximum. */
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

/** A close command. Default: the bank's, of an account that must be empty. */
export function aCloseCommand(facts: Partial<CloseCommand> & OnAccount): CloseCommand {
  return { type: 'close', sweep: null, reason: null, ...keyed(facts, 'close_account', SYSTEM), ...facts };
}

/** An open command. Default: Alice's, in EUR and without a limit on her accounts. */
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

/** Complete books: these accounts and transfers, and all changes written to them. */
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
