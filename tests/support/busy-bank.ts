import type { LedgerReads, Store } from '../../src/application/ports/ledger-store.ts';
import type { Clock, IdGenerator } from '../../src/application/ports/runtime.ts';
import { userTransfers } from '../../src/application/transfers/user-transfers.ts';
import type { LedgerEntry } from '../../src/domain/entities/ledger-entry.ts';
import type { Instant } from '../../src/domain/time.ts';
import type { Transfer } from '../../src/domain/entities/transfer.ts';
import type { Random } from '../model/random.ts';
import { Bank, SYSTEM } from './bank.ts';
import { aCustomer, freshId, ids } from './builders.ts';
import type { Customer, FixedClock } from './builders.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

let drawn = 0;

/** Version 7 UUIDs with the time of the clock, distinct from those of `ids`. */
export function idsOf(clock: Clock): IdGenerator {
  return {
    newId: () => {
      drawn += 1;
      const instant = clock.now().toString(16).padStart(12, '0');
      return `${instant.slice(0, 8)}-${instant.slice(8)}-7fff-bfff-${drawn.toString(16).padStart(12, '0')}`;
    },
    newSalt: () => ids.newSalt(),
  };
}

const TAGS = ['red', 'blue'] as const;
const TEXTS = ['Rent', 'Lunch', 'Books, "used"'] as const;

/** Three customers with two accounts each, and random commands of every kind between them. */
export class BusyBank {
  readonly bank: Bank;
  readonly customers: readonly Customer[] = [aCustomer('Alice'), aCustomer('Bob'), aCustomer('Carol')];
  readonly accounts: { readonly id: string; readonly owner: Customer }[] = [];
  readonly #random: Random;
  readonly #clock: FixedClock;
  readonly #holds: { readonly id: string; readonly payee: Customer }[] = [];
  readonly #made: { readonly id: string; readonly payee: Customer }[] = [];

  constructor({ store, clock, random }: { store: Store; clock: FixedClock; random: Random }) {
    this.bank = new Bank({ store, clock, ids: idsOf(clock) });
    this.#random = random;
    this.#clock = clock;
  }

  async open(): Promise<void> {
    for (const owner of [...this.customers, ...this.customers]) {
      const id = await this.bank.open(owner);
      this.accounts.push({ id, owner });
      await this.bank.fund(id, 1_000n);
    }
  }

  async live(steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) {
      if (this.#random.chance(0.7)) this.#clock.advance(this.#random.integer(0, 8 * HOUR_MS));
      await this.step();
    }
  }

  /** Runs one random command, which may be refused. */
  async step(): Promise<void> {
    const { id: from, owner } = this.#random.pick(this.accounts);
    const { id: to, owner: payee } = this.#random.pick(this.accounts.filter(({ id }) => id !== from));
    const amount = BigInt(this.#random.integer(1, this.#random.chance(0.1) ? 2_000 : 60));
    const texts = {
      ...(this.#random.chance(0.5) ? { description: this.#random.pick(TEXTS) } : {}),
      ...(this.#random.chance(0.4) ? { metadata: { tag: this.#random.pick(TAGS) } } : {}),
    };
    const kind = this.#random.integer(1, 12);
    if (kind <= 4) {
      const paid = await this.bank.pay(owner, { from, to, amount, ...texts });
      if (paid.ok) this.#made.push({ id: paid.transfer.transferId, payee });
    } else if (kind <= 7) {
      const expiresInSeconds = this.#random.integer(60, 3 * 24 * 3600);
      const placed = await this.bank.place(owner, { from, to, amount, expiresInSeconds, ...texts });
      if (placed.ok) this.#holds.push({ id: placed.transfer.transferId, payee });
    } else if (kind <= 9) {
      const hold = this.#holds.splice(this.#random.integer(0, this.#holds.length), 1)[0];
      if (hold && kind === 8) await this.bank.capture(hold.payee, hold.id);
      else if (hold) await this.bank.void(hold.payee, hold.id);
    } else if (kind === 10) {
      const made = this.#made[this.#random.integer(0, this.#made.length)];
      if (made) await this.bank.reverse(made.payee, made.id, 1n);
    } else if (kind === 11) {
      await this.#payTwo(owner, from, amount);
    } else if (kind === 12) {
      await this.bank.sweep();
    } else if (this.#random.chance(0.5)) {
      await this.bank.fund(to, amount);
    } else {
      const request = { sourceAccountId: from, amount, idempotencyKey: freshId() };
      await this.bank.ledger.withdrawFunds(SYSTEM, request);
    }
  }

  async #payTwo(owner: Customer, from: string, amount: bigint): Promise<void> {
    const [one, two] = this.#random.shuffled(this.accounts.filter(({ id }) => id !== from));
    if (!one || !two) return;
    await this.bank.ledger.transferFunds(owner, {
      legs: [
        { accountId: from, direction: 'debit', amount: amount + 1n },
        { accountId: one.id, direction: 'credit', amount },
        { accountId: two.id, direction: 'credit', amount: 1n },
      ],
      idempotencyKey: freshId(),
    });
  }
}

export type WholeLine = { readonly entry: LedgerEntry; readonly transfer: Transfer };

/** An account's whole book, each line with its transfer. */
export async function wholeBook(bank: Bank, accountId: string): Promise<readonly WholeLine[]> {
  const entries = await bank.entriesOf(accountId);
  return Promise.all(
    entries.map(async (entry) => ({ entry, transfer: (await bank.reads.transfer(entry.transferId))! })),
  );
}

/** All transfers of a user, newest first. */
export async function wholeHistory(reads: LedgerReads, userId: string): Promise<readonly Transfer[]> {
  return userTransfers(reads, userId, { before: null, limit: 100_000 });
}

/** A customer's balance and held amount at an instant, summed over the whole book. */
export function naiveBalance(book: readonly WholeLine[], at: Instant): { balance: bigint; held: bigint } {
  let balance = 0n;
  const held = new Map<string, WholeLine>();
  for (const line of book) {
    const { step, posted, direction } = line.entry;
    if (line.entry.at > at) continue;
    balance += direction === 'credit' ? posted : -posted;
    if (step === 'held' && direction === 'debit') held.set(line.transfer.id, line);
    else held.delete(line.transfer.id);
  }
  const open = [...held.values()].filter(({ transfer }) => Number(transfer.expiresAt) > at);
  return { balance, held: open.reduce((sum, { entry }) => sum + entry.pending, 0n) };
}
