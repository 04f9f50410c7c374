import { open, readFile, rename } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Account, LedgerEntry, Transfer, User } from 'passbook-ledger';
import type { AccountState, LedgerEntryState, TransferState, UserState } from 'passbook-ledger';
import { tablesFrom, writesOf } from './tables.ts';
import type { Tables, Write } from './tables.ts';

/** A file with a line of JSON for each commit: the list of its writes. */
export class JsonFile {
  readonly #path: string;
  #handle: FileHandle | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Reads the tables. A last line without an end belongs to a commit that was never confirmed. */
  async read(): Promise<Tables> {
    const text = await readFile(this.#path, { encoding: 'utf8', flag: 'a+' });
    const lines = text.split('\n').slice(0, -1);
    return tablesFrom(lines.flatMap((line) => JSON.parse(line, fromJson) as Write[]));
  }

  async append(writes: readonly Write[]): Promise<void> {
    if (!this.#handle) throw new TypeError('The file is not open');
    await this.#handle.writeFile(lineOf(writes));
    await this.#handle.datasync();
  }

  /** Puts a file with these tables alone in place of the old one, whole or not at all. Later commits go there. */
  async replace(tables: Tables): Promise<void> {
    await this.close();
    const next = `${this.#path}.next`;
    this.#handle = await open(next, 'w');
    await this.#handle.writeFile(Array.from(writesOf(tables), (write) => lineOf([write])).join(''));
    await this.#handle.sync();
    await rename(next, this.#path);
    const folder = await open(dirname(this.#path));
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
  }
}

function lineOf(writes: readonly Write[]): string {
  return `${JSON.stringify(writes, toJson)}\n`;
}

/** JSON has neither bigints nor classes: an object with one key stands for each. */
function toJson(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return { bigint: [String(value)] };
  if (value instanceof Account) return { Account: { ...value } };
  if (value instanceof LedgerEntry) return { LedgerEntry: { ...value } };
  if (value instanceof Transfer) return { Transfer: { ...value } };
  if (value instanceof User) return { User: { ...value } };
  return value;
}

/** Metadata is never taken for one of these: its values are texts. */
function fromJson(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const [[name, content] = ['', null], ...others] = Object.entries(value) as [string, unknown][];
  if (typeof content !== 'object' || others.length > 0) return value;
  switch (name) {
    case 'bigint':
      return BigInt((content as [string])[0]);
    case 'Account':
      return Account.restore(content as AccountState);
    case 'LedgerEntry':
      return LedgerEntry.restore(content as LedgerEntryState);
    case 'Transfer':
      return Transfer.restore(content as TransferState);
    case 'User':
      return User.restore(content as UserState);
    default:
      return value;
  }
}
