/** Our ledger over its port: in this process, as an embedder has it. */
import { randomUUID } from 'node:crypto';
import type { Contender, Point, Workload } from './measure.ts';
import { auditBooks, openAccounts, openBank, standingsOf } from './passbook.ts';
import type { Bank, BankOptions, Customer, Place, Standing, StoreKind } from './passbook.ts';
import { ACCOUNTS, drawAmount, drawPair } from './workload.ts';

export async function openLedger(
  kind: StoreKind,
  place: Place,
  options: BankOptions = {},
): Promise<Contender> {
  const bank = await openBank(kind, place, options);
  return LedgerContender.over(bank, await openAccounts(bank, ACCOUNTS));
}

type Accounts = { readonly customers: readonly Customer[]; readonly accountIds: readonly string[] };

export class LedgerContender implements Contender {
  readonly servers = [];
  readonly #bank: Bank;
  readonly #customers: readonly Customer[];
  readonly #accountIds: readonly string[];
  readonly #before: ReadonlyMap<string, Standing>;
  #workload: Workload = 'uniform';

  static async over(bank: Bank, accounts: Accounts): Promise<LedgerContender> {
    return new LedgerContender(bank, accounts, await standingsOf(bank.store, accounts.accountIds));
  }

  private constructor(bank: Bank, accounts: Accounts, before: ReadonlyMap<string, Standing>) {
    this.#bank = bank;
    this.#before = before;
    this.#customers = accounts.customers;
    this.#accountIds = accounts.accountIds;
  }

  async begin({ workload }: Point): Promise<void> {
    this.#workload = workload;
  }

  async step(): Promise<void> {
    const { source, destination } = drawPair(this.#workload, this.#accountIds.length);
    const result = await this.#bank.ledger.transferFunds(this.#customers[source] as Customer, {
      sourceAccountId: this.#accountIds[source] as string,
      destinationAccountId: this.#accountIds[destination] as string,
      amount: BigInt(drawAmount()),
      idempotencyKey: randomUUID(),
    });
    if (!result.ok) throw new Error(result.code);
  }

  async check(acknowledged: number): Promise<void> {
    await this.#bank.stopDispatching();
    const { entries, change } = await auditBooks(this.#bank.store, this.#before);
    if (entries !== 2 * acknowledged) {
      throw new Error(`${acknowledged} transfers were acknowledged, ${entries} entries are there`);
    }
    if (change !== 0n) throw new Error(`the entries add up to ${change}`);
  }

  close(): Promise<void> {
    return this.#bank.close();
  }
}
