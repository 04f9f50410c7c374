import type { LedgerReads, UnitOfWork } from '../../src/application/ports/ledger-store.ts';
import type { Logger } from '../../src/application/ports/runtime.ts';
import type { OpenAccountRequest } from '../../src/application/accounts/open-account.ts';
import type { TransferRequest } from '../../src/application/transfers/transfer-funds.ts';
import type { TransferResult } from '../../src/application/views.ts';
import { Account } from '../../src/domain/entities/account.ts';
import type { AccountState } from '../../src/domain/entities/account.ts';
import type { Actor } from '../../src/domain/actor.ts';
import { NO_CHANGES } from '../../src/domain/books/changes.ts';
import type { Prefetch } from '../../src/domain/books/prefetch.ts';
import type { LedgerEntry } from '../../src/domain/entities/ledger-entry.ts';
import type { Notification } from '../../src/domain/entities/notification.ts';
import type { Instant } from '../../src/domain/time.ts';
import { createLedger } from '../../src/index.ts';
import type { Ledger, LedgerOptions } from '../../src/index.ts';
import { freshId, ids } from './builders.ts';
import type { Customer, FixedClock } from './builders.ts';

export const SYSTEM = { kind: 'system' } as const satisfies Actor;
export const AUDITOR = { kind: 'auditor', id: 'auditor' } as const;

/** An instant after every message is due. */
const END_OF_TIME: Instant = Date.UTC(9999, 11, 31);

export { NO_CHANGES };

const NO_WANT: Prefetch = {
  accountIds: [],
  transferIds: [],
  purposes: [],
  activeAccounts: [],
  activeCount: 1,
  ownerIds: [],
  keys: [],
  holdsDueBy: 0,
  auditHead: false,
};

export function want(some: Partial<Prefetch>): () => Prefetch {
  return () => ({ ...NO_WANT, ...some });
}

type HoldTerms = Pick<
  TransferRequest,
  'expiresAt' | 'expiresInSeconds' | 'description' | 'metadata' | 'currency'
>;

const SILENT: Logger = { info: () => {}, warn: () => {}, error: () => {} };

/** A ledger over a store, with shortcuts for the records that a test starts from. */
export class Bank {
  readonly clock: FixedClock;
  readonly ledger: Ledger;
  readonly unitOfWork: UnitOfWork;
  readonly reads: LedgerReads;

  constructor({ clock, ...options }: Omit<LedgerOptions, 'clock'> & { clock: FixedClock }) {
    this.clock = clock;
    this.unitOfWork = options.store.unitOfWork;
    this.reads = options.store.reads;
    this.ledger = createLedger({ notify: true, ids, ...options, clock });
  }

  /** Opens an account of the owner, funds it, then applies the change. Returns its id. */
  async account(
    owner: Customer,
    {
      funds = 0n,
      currency = 'EUR',
      ...change
    }: Partial<AccountState> & { funds?: bigint; currency?: string } = {},
  ): Promise<string> {
    const id = await this.open(owner, { currency });
    if (funds > 0n) await this.fund(id, funds);
    if (Object.keys(change).length > 0) await this.alter(id, change);
    return id;
  }

  async open(owner: Actor, request: OpenAccountRequest = {}): Promise<string> {
    const opened = await this.ledger.openAccount(owner, request);
    if (!opened.ok) throw new TypeError(`The account was refused: ${opened.code}`);
    return opened.account.accountId;
  }

  async fund(destinationAccountId: string, amount: bigint): Promise<string> {
    return transferIdOf(
      await this.ledger.fundAccount(SYSTEM, { destinationAccountId, amount, idempotencyKey: freshId() }),
    );
  }

  /** Makes a transfer under a new key. */
  pay(
    actor: Actor,
    {
      from,
      to,
      amount,
      ...rest
    }: { from: string; to: string; amount: bigint } & Pick<
      TransferRequest,
      'currency' | 'description' | 'metadata'
    >,
  ): Promise<TransferResult> {
    return this.ledger.transferFunds(actor, {
      sourceAccountId: from,
      destinationAccountId: to,
      amount,
      idempotencyKey: freshId(),
      ...rest,
    });
  }

  /** Places a hold under a new key. Returns its id. */
  async hold(
    actor: Actor,
    { from, to, amount, ...terms }: { from: string; to: string; amount: bigint } & HoldTerms,
  ): Promise<string> {
    return transferIdOf(await this.place(actor, { from, to, amount, ...terms }));
  }

  /** Places a hold that may be refused. */
  place(
    actor: Actor,
    { from, to, amount, ...terms }: { from: string; to: string; amount: bigint } & HoldTerms,
  ): Promise<TransferResult> {
    return this.ledger.transferFunds(actor, {
      sourceAccountId: from,
      destinationAccountId: to,
      amount,
      pending: true,
      idempotencyKey: freshId(),
      ...terms,
    });
  }

  /** Captures under a new key, as `void` and `reverse` do. */
  capture(actor: Actor, transferId: string, amount?: bigint): Promise<TransferResult> {
    return this.ledger.captureHold(actor, {
      transferId,
      ...(amount === undefined ? {} : { amount }),
      idempotencyKey: freshId(),
    });
  }

  void(actor: Actor, transferId: string): Promise<TransferResult> {
    return this.ledger.voidHold(actor, { transferId, idempotencyKey: freshId() });
  }

  reverse(actor: Actor, transferId: string, amount?: bigint): Promise<TransferResult> {
    return this.ledger.reverseTransfer(actor, {
      transferId,
      ...(amount === undefined ? {} : { amount }),
      idempotencyKey: freshId(),
    });
  }

  /** Expires all due holds, as a running sweeper does. */
  sweep(): Promise<number> {
    return this.ledger.sweeper(SILENT).sweep();
  }

  /** An account's current balances. */
  async stateOf(accountId: string): Promise<{ balance: bigint; held: bigint; available: bigint }> {
    const { balance, held, available } = await this.ledger.getBalance(SYSTEM, accountId);
    return { balance, held, available };
  }

  /** Writes new accounts in the given states. */
  async seed(...accounts: readonly Account[]): Promise<void> {
    await this.unitOfWork.transact(
      want({ accountIds: accounts.map(({ id }) => id) }),
      () => ({
        result: undefined,
        changes: { ...NO_CHANGES, accounts: accounts.map((after) => ({ before: null, after })) },
      }),
      this.deadline(),
    );
  }

  /** Changes an account through a unit of work. */
  async alter(accountId: string, change: Partial<AccountState>): Promise<void> {
    await this.unitOfWork.transact(
      want({ accountIds: [accountId] }),
      (books) => {
        const before = books.account(accountId) ?? null;
        if (!before) throw new TypeError(`There is no account ${accountId}`);
        return {
          result: undefined,
          changes: {
            ...NO_CHANGES,
            accounts: [{ before, after: Account.restore({ ...before, ...change }) }],
          },
        };
      },
      this.deadline(),
    );
  }

  async balanceOf(accountId: string): Promise<bigint> {
    return (await this.ledger.getBalance(SYSTEM, accountId)).balance;
  }

  async entriesOf(accountId: string): Promise<readonly LedgerEntry[]> {
    const entries: LedgerEntry[] = [];
    for (;;) {
      const page = await this.reads.entriesOf(accountId, {
        after: entries.at(-1)?.sequence ?? null,
        limit: 100,
      });
      if (page.length === 0) return entries;
      entries.push(...page);
    }
  }

  /** Takes all messages out of the outbox, for any recipient and whenever they are due. */
  async takeMessages(): Promise<readonly Notification[]> {
    const taken: Notification[] = [];
    for (;;) {
      const claimed = await this.unitOfWork.run(async ({ outbox }) => {
        const page = await outbox.claim({ now: END_OF_TIME, leaseUntil: END_OF_TIME + 1, limit: 100 });
        const taken = page.map(({ message }) => message.id);
        await outbox.markSent(taken);
        return page;
      });
      if (claimed.length === 0) return taken;
      taken.push(...claimed.map(({ message }) => message));
    }
  }

  async messagesFor(recipientId: string): Promise<readonly Notification[]> {
    return (await this.takeMessages()).filter((message) => message.recipientId === recipientId);
  }

  deadline(): Instant {
    return this.clock.now() + 10_000;
  }
}

/** A refusal's code. Null if there was none. */
export function codeOf(result: { readonly ok: boolean; readonly code?: string }): string | null {
  return result.code ?? null;
}

export function transferIdOf(result: TransferResult): string {
  if (!result.ok) throw new TypeError(`The transfer was refused: ${result.code}`);
  return result.transfer.transferId;
}
