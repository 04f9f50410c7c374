import type { Db } from 'mongodb';
import type { Ledger, SystemActor } from 'passbook-ledger';
import { readMedici } from './medici.ts';
import type { MediciJournal, MediciTransaction } from './medici.ts';

export type Move = {
  readonly moved: number;
  /** Journals that were not moved, with the reason. */
  readonly refused: readonly { readonly journal: string; readonly reason: string }[];
  /** Accounts whose balance differs afterwards, in minor units. */
  readonly differences: readonly {
    readonly account: string;
    readonly medici: bigint;
    readonly ledger: bigint;
  }[];
};

const MOVER: SystemActor = { kind: 'system', scope: 'from-medici' };
const LOWEST = -9_007_199_254_740_991n;

/**
 * Moves a book of medici into a ledger: an account for each path, a linked batch for each journal. Every step has a key made
 * of medici's own ids, so a move that was interrupted is simply run again.
 */
export async function moveFromMedici({
  db,
  book,
  ledger,
}: {
  db: Db;
  book: string;
  ledger: Ledger;
}): Promise<Move> {
  const medici = readMedici(db, book);
  const accounts = new Map<string, string>();
  for (const path of await medici.accounts()) accounts.set(path, await open(path));

  let moved = 0;
  const refused: { journal: string; reason: string }[] = [];
  for await (const journal of medici.journals()) {
    const reason = await move(journal);
    if (reason === null) moved += 1;
    else refused.push({ journal: journal._id.toHexString(), reason });
  }
  return { moved, refused, differences: await differences() };

  /** Balances may fall below zero, since medici has no limits. Set the customers' limits after the move. */
  async function open(path: string): Promise<string> {
    const key = encodeURIComponent(`${book}/${path}`);
    const opened = await ledger.openAccount(MOVER, {
      ownerId: key,
      name: path.slice(0, 60),
      idempotencyKey: key,
    });
    if (!opened.ok) throw new Error(`${path}: ${opened.code}`);
    const { accountId } = opened.account;
    const limits = { minimumBalance: LOWEST, maximumBalance: null, reason: 'move from medici' };
    await ledger.limitAccount(MOVER, { accountId, ...limits, idempotencyKey: key });
    return accountId;
  }

  /** Returns the reason if the journal cannot be moved. Its id and date in medici are kept as metadata. */
  async function move(journal: MediciJournal): Promise<string | null> {
    const id = journal._id.toHexString();
    const description = journal.memo?.replaceAll(/\s+/g, ' ').trim().slice(0, 280);
    const metadata = { journal: id, datetime: journal.datetime.toISOString() };
    const pairs = pairsOf(await medici.lines(journal));
    if (pairs === null) return 'its debits and credits differ';
    if (pairs.length === 0) return null;

    const transfers = pairs.map(({ debit, credit, amount }) => ({
      sourceAccountId: accountOf(debit),
      destinationAccountId: accountOf(credit),
      amount,
      metadata,
      ...(description ? { description } : {}),
    }));
    const result = await ledger.submitBatch(MOVER, { transfers, linked: true, idempotencyKey: id });
    if (!result.members) return result.code;
    return result.ok ? null : result.members.map((member) => (member.ok ? '' : member.code)).join(' ');
  }

  function accountOf(path: string): string {
    const accountId = accounts.get(path);
    if (accountId === undefined) throw new Error(`${path} is new: stop the program that writes to medici`);
    return accountId;
  }

  async function differences() {
    const found: { account: string; medici: bigint; ledger: bigint }[] = [];
    for (const [account, sum] of await medici.balances()) {
      const { balance } = await ledger.getBalance(MOVER, accountOf(account));
      if (balance !== inCents(sum)) found.push({ account, medici: inCents(sum), ledger: balance });
    }
    return found;
  }
}

/**
 * Splits a journal into amounts that go from one account to another: a journal may have several lines on both sides.
 * Returns null if the sides differ, once each line is a whole number of cents.
 */
function pairsOf(lines: readonly MediciTransaction[]) {
  const side = (name: 'debit' | 'credit') =>
    lines.flatMap((line) => (line[name] ? [{ account: line.accounts, left: inCents(line[name]) }] : []));
  const [debits, credits] = [side('debit'), side('credit')];
  const pairs: { debit: string; credit: string; amount: bigint }[] = [];
  for (const debit of debits) {
    for (const credit of credits) {
      const amount = debit.left < credit.left ? debit.left : credit.left;
      debit.left -= amount;
      credit.left -= amount;
      const moves = amount > 0n && debit.account !== credit.account;
      if (moves) pairs.push({ debit: debit.account, credit: credit.account, amount });
    }
  }
  return [...debits, ...credits].every(({ left }) => left === 0n) ? pairs : null;
}

/** Medici's float in cents. For a currency without two decimals, change the factor. */
function inCents(amount: number): bigint {
  return BigInt(Math.round(amount * 100));
}
