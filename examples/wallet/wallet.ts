import { createLedger } from 'passbook-ledger';
import type { SystemActor } from 'passbook-ledger';
import { openSqliteStore } from 'passbook-ledger/sqlite';

/** The person who uses the app. */
export type Person = { readonly id: string; readonly name: string };
type Payment = { readonly amount: bigint; readonly key: string };

const BANK: SystemActor = { kind: 'system' };

/** Opens an app's wallets: people top up, pay a friend and read their statement. One SQLite file holds the books. */
export async function openWallets(path: string) {
  const store = await openSqliteStore({ path });
  const ledger = createLedger({ store });
  const actor = (person: Person) => ({ kind: 'user', ...person }) as const;

  /** The key makes this safe to repeat: each person has one wallet. */
  async function walletOf(person: Person): Promise<string> {
    const opened = await ledger.openAccount(actor(person), { name: 'Wallet', idempotencyKey: 'wallet' });
    if (!opened.ok) throw new Error(opened.code);
    return opened.account.accountId;
  }

  return {
    /** Credits a payment by card. `key` is its id at the card processor, whose message may come twice. */
    async topUp(person: Person, { amount, key }: Payment) {
      const destinationAccountId = await walletOf(person);
      const top = { destinationAccountId, amount, description: 'top-up', idempotencyKey: key };
      return ledger.fundAccount(BANK, top);
    },

    /** Pays a friend. The app draws `key` once for each tap on the button. */
    async pay(from: Person, to: Person, { amount, key, description }: Payment & { description: string }) {
      const [sourceAccountId, destinationAccountId] = [await walletOf(from), await walletOf(to)];
      const payment = { sourceAccountId, destinationAccountId, amount, description, idempotencyKey: key };
      return ledger.transferFunds(actor(from), payment);
    },

    /** Returns the lines of a statement as text, oldest first. */
    async statement(person: Person): Promise<readonly string[]> {
      const statement = await ledger.getStatement(actor(person), await walletOf(person));
      const lines: string[] = [];
      for await (const chunk of statement.lines()) {
        for (const { flow, amount, description } of chunk) {
          lines.push(`${flow === 'in' ? '+' : '-'}${inEuros(amount)} ${description ?? ''}`);
        }
      }
      return [...lines, `= ${inEuros(statement.closing)}`];
    },

    async close() {
      await ledger.close();
      await store.close();
    },
  };
}

function inEuros(cents: bigint): string {
  return `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`;
}
