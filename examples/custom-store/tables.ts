import { keyText } from 'passbook-ledger';
import type {
  Account,
  AuditRecord,
  Changes,
  Credential,
  IdempotencyRecord,
  LedgerEntry,
  MailHour,
  Notification,
  Outcome,
  Payee,
  SecurityEvent,
  Session,
  Transfer,
  User,
} from 'passbook-ledger';

/** A row is replaced and never changed, so a copy of the maps is a snapshot. */
type Rows = {
  accounts: Account;
  transfers: Transfer;
  /** By account and sequence. */
  entries: LedgerEntry;
  records: IdempotencyRecord;
  /** By sequence, from 1 without gaps. */
  audit: AuditRecord;
  users: { readonly user: User; readonly passwordHash: string };
  sessions: Session;
  credentials: Credential;
  securityEvents: SecurityEvent;
  payees: Payee;
  /** By recipient. */
  mailHours: MailHour;
  messages: MessageRow;
};

export type MessageRow = {
  readonly message: Notification;
  readonly attempts: number;
  /** Null once it was given up. */
  readonly dueAt: number | null;
  /** Null unless it was given up. */
  readonly givenUpAt: number | null;
  /** Why the last attempt failed. Null before the first failure. */
  readonly reason: string | null;
};

/** The row of a message that has not failed. */
export function newRow(row: Pick<MessageRow, 'message' | 'attempts' | 'dueAt'>): MessageRow {
  return { ...row, givenUpAt: null, reason: null };
}

export type Tables = { readonly [Name in keyof Rows]: Map<string, Rows[Name]> };

/** One write: a row in place of the one with its key, or null to delete that. */
export type Write = readonly [table: keyof Rows, key: string, row: Rows[keyof Rows] | null];

export function tablesFrom(writes: Iterable<Write>): Tables {
  const tables: Tables = {
    accounts: new Map(),
    transfers: new Map(),
    entries: new Map(),
    records: new Map(),
    audit: new Map(),
    users: new Map(),
    sessions: new Map(),
    credentials: new Map(),
    securityEvents: new Map(),
    payees: new Map(),
    mailHours: new Map(),
    messages: new Map(),
  };
  for (const write of writes) put(tables, write);
  return tables;
}

/** Lists the writes that make the tables. */
export function* writesOf(tables: Tables): Generator<Write> {
  for (const name of Object.keys(tables) as (keyof Rows)[]) {
    for (const [key, row] of tables[name]) yield [name, key, row];
  }
}

function put(tables: Tables, [name, key, row]: Write): void {
  const table: Map<string, Write[2]> = tables[name];
  if (row === null) table.delete(key);
  else table.set(key, row);
}

export function entryKey(accountId: string, sequence: number): string {
  return `${accountId} ${sequence}`;
}

/** The books as one unit sees and changes them. Nobody else sees the copy before the store adopts it. */
export class Draft {
  readonly writes: Write[] = [];
  erasesText = false;
  readonly #before: Tables;
  readonly #tables: Tables;
  #isOver = false;

  constructor(tables: Tables) {
    this.#before = tables;
    this.#tables = { ...tables };
  }

  get tables(): Tables {
    if (this.#isOver) throw new TypeError('The unit of work is over');
    return this.#tables;
  }

  put<Name extends keyof Rows>(name: Name, key: string, row: Rows[Name] | null): void {
    const { tables } = this;
    // Only a table that the unit changes is copied
    if (tables[name] === this.#before[name]) Object.assign(this.#tables, { [name]: new Map(tables[name]) });
    put(tables, [name, key, row]);
    this.writes.push([name, key, row]);
  }

  end(): void {
    this.#isOver = true;
  }

  apply({ accounts, transfers, entries, records, audit, messages, messagesDueAt }: Changes): void {
    for (const { after } of accounts) this.put('accounts', after.id, after);
    for (const { after } of transfers) this.put('transfers', after.id, after);
    for (const entry of entries) this.put('entries', entryKey(entry.accountId, entry.sequence), entry);
    for (const record of records) this.put('records', keyText(record), record);
    for (const record of audit) this.put('audit', String(record.sequence), record);
    for (const message of messages) {
      const claim =
        messagesDueAt === null ? { attempts: 0, dueAt: message.at } : { attempts: 1, dueAt: messagesDueAt };
      this.put('messages', message.id, newRow({ message, ...claim }));
    }
    for (const { before, after } of transfers) {
      if (after.erased !== null && before?.erased !== after.erased) this.#eraseCopies(after);
    }
  }

  /** Erases the texts of a transfer from recorded outcomes and from messages. */
  #eraseCopies(erased: Transfer): void {
    this.erasesText = true;
    for (const [key, record] of this.#tables.records) {
      const outcome = withoutTexts(record.outcome, erased);
      if (outcome !== record.outcome) this.put('records', key, { ...record, outcome });
    }
    for (const [key, stored] of this.#tables.messages) {
      const { message } = stored;
      if ('transferId' in message && message.transferId === erased.id)
        this.put('messages', key, { ...stored, message: { ...message, description: null } });
    }
  }
}

function withoutTexts<O extends Outcome>(outcome: O, { id, erased }: Pick<Transfer, 'id' | 'erased'>): O {
  if (outcome.kind === 'batch')
    return { ...outcome, members: outcome.members.map((member) => withoutTexts(member, { id, erased })) };
  if (!('transfer' in outcome) || outcome.transfer?.id !== id || erased === null) return outcome;
  return { ...outcome, transfer: outcome.transfer.eraseTexts(erased) };
}
