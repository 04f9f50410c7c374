import type { Bank } from '../application/bank.ts';
import type { Actor, SystemActor } from '../domain/actor.ts';
import { PassbookError } from '../domain/errors.ts';
import type { AccountView, TransferResult } from '../application/views.ts';

/** An account of the demo, by the key of its owner and its own: `mara.lindqvist/current`, `gruenkorb/main`. */
export type AccountKey = `${string}/${'main' | 'current' | 'savings' | 'dollars' | 'holiday'}`;

export type DemoPayment = {
  readonly from: AccountKey;
  readonly to: AccountKey;
  /** In minor units. */
  readonly amount: bigint;
  readonly description: string;
  readonly reference?: string;
  /** Idempotency key, and external id if the payment is followed up later. */
  readonly key: string;
  readonly isFollowedUp?: boolean;
  /** Makes a hold with this lifetime. */
  readonly holdSeconds?: number;
};

/** Money that comes into the bank or leaves it. */
export type CashMovement = {
  readonly account: AccountKey;
  readonly amount: bigint;
  readonly description: string;
  readonly reference?: string;
  readonly key: string;
};

/** Gives the orders of people and firms to the ledger. A refusal is an answer, as for any other customer. */
export class Teller {
  readonly bank: Bank;
  readonly operator: SystemActor;
  readonly #owners: ReadonlyMap<string, Extract<Actor, { kind: 'user' }>>;
  readonly #accounts = new Map<string, string>();

  constructor(given: {
    bank: Bank;
    /** Id of the system user. */
    operatorId: string;
    /** Users by the key of a person or firm. */
    owners: ReadonlyMap<string, { readonly id: string; readonly name: string }>;
  }) {
    this.bank = given.bank;
    this.operator = { kind: 'system', id: given.operatorId };
    this.#owners = new Map(
      [...given.owners].map(([key, { id, name }]) => [key, { kind: 'user', id, name } as const]),
    );
  }

  /** @throws TypeError for a key that nobody has */
  ownerOf(key: string): Extract<Actor, { kind: 'user' }> {
    const owner = this.#owners.get(key.split('/')[0] ?? '');
    if (!owner) throw new TypeError(`Nobody in the demo has the key ${key}`);
    return owner;
  }

  /** Returns the id of an account. @throws TypeError for an account that was not opened */
  idOf(account: AccountKey): string {
    const id = this.#accounts.get(account);
    if (id === undefined) throw new TypeError(`The demo has no account ${account}`);
    return id;
  }

  has(account: AccountKey): boolean {
    return this.#accounts.has(account);
  }

  async open(account: AccountKey, { name, currency }: { name: string; currency: string }): Promise<void> {
    const opened = await this.bank.ledger.openAccount(this.ownerOf(account), {
      name,
      currency,
      externalId: externalIdOf(account),
    });
    if (!opened.ok) throw new TypeError(`The account ${account} was refused: ${opened.code}`);
    this.#accounts.set(account, opened.account.accountId);
  }

  /** Looks for an account that an earlier run opened. */
  async find(account: AccountKey): Promise<void> {
    const found = await unless('account_not_found', () =>
      this.bank.ledger.findAccount(this.operator, externalIdOf(account)),
    );
    if (found) this.#accounts.set(account, found.accountId);
  }

  view(account: AccountKey): Promise<AccountView> {
    return this.bank.ledger.getAccount(this.operator, this.idOf(account));
  }

  async available(account: AccountKey): Promise<bigint> {
    return (await this.view(account)).available;
  }

  pay({ from, to, key, isFollowedUp, holdSeconds, ...payment }: DemoPayment): Promise<TransferResult> {
    return this.bank.ledger.transferFunds(this.ownerOf(from), {
      sourceAccountId: this.idOf(from),
      destinationAccountId: this.idOf(to),
      idempotencyKey: key,
      ...payment,
      ...(isFollowedUp === true || holdSeconds !== undefined ? { externalId: key } : {}),
      ...(holdSeconds === undefined ? {} : { pending: true, expiresInSeconds: holdSeconds }),
    });
  }

  /** Pays several people in one transfer. */
  payAll(payment: {
    from: AccountKey;
    to: readonly { readonly account: AccountKey; readonly amount: bigint }[];
    description: string;
    reference: string;
    key: string;
  }): Promise<TransferResult> {
    const { from, to, key, ...texts } = payment;
    const amount = to.reduce((sum, one) => sum + one.amount, 0n);
    return this.bank.ledger.transferFunds(this.ownerOf(from), {
      legs: [
        { accountId: this.idOf(from), direction: 'debit', amount },
        ...to.map((one) => ({
          accountId: this.idOf(one.account),
          direction: 'credit' as const,
          amount: one.amount,
        })),
      ],
      ...texts,
      idempotencyKey: key,
    });
  }

  bringIn({ account, key, ...cash }: CashMovement): Promise<TransferResult> {
    const request = { ...cash, destinationAccountId: this.idOf(account), idempotencyKey: key };
    return this.bank.ledger.fundAccount(this.operator, request);
  }

  takeOut({ account, key, ...cash }: CashMovement): Promise<TransferResult> {
    const request = { ...cash, sourceAccountId: this.idOf(account), idempotencyKey: key };
    return this.bank.ledger.withdrawFunds(this.operator, request);
  }

  /** Captures a hold for its payee. Has no effect on a hold that was refused. */
  capture(hold: { key: string; payee: AccountKey; amount?: bigint }): Promise<void> {
    const { key, payee, amount } = hold;
    return this.#followUp(key, (transferId) =>
      this.bank.ledger.captureHold(this.ownerOf(payee), {
        transferId,
        idempotencyKey: `${key}-capture`,
        ...(amount === undefined ? {} : { amount }),
      }),
    );
  }

  /** Voids a hold for its payee. Has no effect on a hold that was refused. */
  void({ key, payee }: { key: string; payee: AccountKey }): Promise<void> {
    return this.#followUp(key, (transferId) =>
      this.bank.ledger.voidHold(this.ownerOf(payee), { transferId, idempotencyKey: `${key}-void` }),
    );
  }

  /** Gives a payment back for its payee, in whole or in part. Has no effect on one that was refused. */
  refund(payment: { key: string; payee: AccountKey; amount?: bigint; description: string }): Promise<void> {
    const { key, payee, amount, description } = payment;
    return this.#followUp(key, (transferId) =>
      this.bank.ledger.reverseTransfer(this.ownerOf(payee), {
        transferId,
        idempotencyKey: `${key}-refund`,
        description,
        ...(amount === undefined ? {} : { amount }),
      }),
    );
  }

  async #followUp(key: string, run: (transferId: string) => Promise<TransferResult>): Promise<void> {
    const found = await unless('transfer_not_found', () => this.bank.ledger.findTransfer(this.operator, key));
    if (found) await run(found.transferId);
  }
}

/** Returns the id by which a later run finds the account. */
export function externalIdOf(account: AccountKey): string {
  return `demo/${account}`;
}

async function unless<T>(code: string, find: () => Promise<T>): Promise<T | undefined> {
  try {
    return await find();
  } catch (error) {
    if (error instanceof PassbookError && error.code === code) return undefined;
    throw error;
  }
}
