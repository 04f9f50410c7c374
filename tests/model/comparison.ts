import { deepStrictEqual } from 'node:assert';
import { sha256 } from '../../src/adapters/system.ts';
import type { LedgerReads, Store } from '../../src/application/ports.ts';
import { systemAccountId } from '../../src/domain/account.ts';
import type { SystemPurpose } from '../../src/domain/account.ts';
import { entryDigest, GENESIS_HASH, linkHash, sealTransfer } from '../../src/domain/chain.ts';
import { scopeOf } from '../../src/domain/idempotency.ts';
import type { IdempotencyRecord } from '../../src/domain/idempotency.ts';
import type { LedgerEntry } from '../../src/domain/ledger-entry.ts';
import type { Message } from '../../src/domain/message.ts';
import type { Transfer } from '../../src/domain/transfer.ts';
import type { Command } from './command.ts';
import { CUSTOMERS, OPERATORS } from './draw.ts';
import { accountsOf, byId, countersOf, findAccount, keyTextOf, latestInstantOf } from './model.ts';
import type { KeyUse, Model, ModelAccount, RequestFields } from './model.ts';
import { exponentOf, isParty, transfersOf } from './model-views.ts';

const END_OF_TIME = Date.UTC(9999, 11, 31);
const PARTIES = [...CUSTOMERS, ...OPERATORS].flatMap(({ id }) => id ?? []);
const PURPOSES = ['funding', 'settlement', 'fees', 'suspense'] as const;

/**
 * Compares what a store holds with what the model says it holds. What can change (accounts) is compared in whole each
 * time; what may only be added to (entries, transfers, records, messages) by what was added, and at the end in whole.
 * So a refused command is seen to have left everything as it was.
 */
export class Comparison {
  readonly #model: Model;
  /** Of each account, how many entries were compared, and the hash of the last. */
  readonly #compared = new Map<string, { readonly count: number; readonly head: string }>();
  #messages = 0;

  constructor(model: Model) {
    this.#model = model;
  }

  /** After these commands, and only after them since the last time. */
  async afterStep({ reads, unitOfWork }: Store, commands: readonly Command[]): Promise<void> {
    const grown = this.#model.accounts.filter(({ id, entries }) => entries.length > this.#of(id).count);
    const ids = commands.filter(({ door }) => door === 'write').map(({ id }) => id);
    const uses = distinctUses(commands.flatMap(({ keyUse }) => keyUse ?? []));
    const made = this.#model.transfers.filter(({ id }) => ids.includes(id));
    const parties = PARTIES.filter((id) => made.some((transfer) => isParty(id, transfer)));
    const [transfers, records, lists, messages] = await Promise.all([
      Promise.all(ids.map(async (id) => plain(await reads.transfer(id)))),
      Promise.all(uses.map((use) => readRecord(reads, use))),
      Promise.all(parties.map((id) => newestIds(reads, id))),
      takeMessages(unitOfWork),
      Promise.all(grown.map((account) => this.#compareEntries(reads, account))),
    ]);
    const bankIds = bankAccountIds(this.#model, ['funding']);
    const accounts = await readAccounts(reads, bankIds);
    expectSame(
      { accounts, transfers, records, lists, messages },
      {
        accounts: this.#expectedAccounts(bankIds),
        transfers: ids.map((id) => expectedTransfer(this.#model, id)),
        records: uses.map((use) => expectedRecord(this.#model, use)),
        lists: parties.map((id) =>
          transfersOf(this.#model, id)
            .slice(0, NEWEST)
            .map((one) => one.id),
        ),
        messages: this.#model.messages.slice(this.#messages).sort(byId),
      },
    );
    this.#messages = this.#model.messages.length;
  }

  /** All that was ever written. Entries sum to zero, and their chains hold. */
  async atEnd({ reads, unitOfWork }: Store): Promise<void> {
    this.#compared.clear();
    const transfers = await this.#compareTransfers(reads);
    const entries: LedgerEntry[] = [];
    for (const account of this.#model.accounts) entries.push(...(await this.#compareEntries(reads, account)));
    expectChainsToHold(entries, transfers);
    expectSums(entries);
    const bankIds = bankAccountIds(this.#model, PURPOSES);
    expectSame(await readAccounts(reads, bankIds), this.#expectedAccounts(bankIds));
    for (const use of this.#model.keyUses) {
      expectSame(await readRecord(reads, use), expectedRecord(this.#model, use));
    }
    expectSame(await takeMessages(unitOfWork), []);
  }

  /** Those in the list of each party, and by their ids those that are in none. */
  async #compareTransfers(reads: LedgerReads): Promise<ReadonlyMap<string, Transfer>> {
    const found = new Map<string, Transfer>();
    for (const id of PARTIES) {
      const listed = await reads.transfersOf(id, { after: null, limit: 10_000 });
      for (const transfer of listed) found.set(transfer.id, transfer);
      expectSame(
        listed.map(plain),
        transfersOf(this.#model, id).map((one) => expectedTransfer(this.#model, one.id)),
      );
    }
    for (const { id } of this.#model.transfers) {
      if (found.has(id)) continue;
      const transfer = await reads.transfer(id);
      expectSame(plain(transfer), expectedTransfer(this.#model, id));
      if (transfer) found.set(id, transfer);
    }
    return found;
  }

  /** The ones that were added since the last time, none missing and none more. */
  async #compareEntries(reads: LedgerReads, account: ModelAccount): Promise<readonly LedgerEntry[]> {
    const { count } = this.#of(account.id);
    const added = await reads.entriesOf(account.id, { after: count, limit: 10_000 });
    expectSame(
      added.map((entry) => ({ ...entry })),
      account.entries.slice(count).map(({ transferId, side, amount, at }, index) => ({
        accountId: account.id,
        sequence: count + index + 1,
        transferId,
        step: 'completed',
        direction: side,
        posted: amount,
        pending: 0n,
        after: countersOf(account, count + index + 1),
        at,
        // Whether it is the right one is seen at the end.
        hash: added[index]?.hash,
      })),
    );
    const head = added.at(-1)?.hash;
    if (head !== undefined) this.#compared.set(account.id, { count: count + added.length, head });
    return added;
  }

  #of(id: string) {
    return this.#compared.get(id) ?? { count: 0, head: GENESIS_HASH };
  }

  #expectedAccounts(bankIds: readonly string[]): unknown {
    return {
      owned: CUSTOMERS.map(({ id }) => accountsOf(this.#model, id).map((one) => this.#expectedAccount(one))),
      ofBank: bankIds.map((id) => {
        const account = findAccount(this.#model, id);
        return account && this.#expectedAccount(account);
      }),
    };
  }

  #expectedAccount(account: ModelAccount): unknown {
    const { opening: _opening, openedAt, entries, ...facts } = account;
    return {
      ...facts,
      exponent: exponentOf(account.currency),
      counters: countersOf(account),
      sequence: entries.length,
      latestAt: latestInstantOf(account),
      head: this.#of(account.id).head,
      nextExpiryAt: null,
      createdAt: openedAt,
    };
  }
}

/** Of all who may have some, and of the bank by their ids. */
async function readAccounts(reads: LedgerReads, bankIds: readonly string[]): Promise<unknown> {
  const [owned, ofBank] = await Promise.all([
    Promise.all(CUSTOMERS.map(({ id }) => reads.accountsOf(id, { after: null, limit: 10_000 }))),
    Promise.all(bankIds.map((id) => reads.account(id))),
  ]);
  return { owned: owned.map((list) => list.map(plain)), ofBank: ofBank.map(plain) };
}

/** Those that there are, and those of the purposes wherever an owner's account may have made one. */
function bankAccountIds({ accounts }: Model, purposes: readonly SystemPurpose[]): readonly string[] {
  const ids = accounts.map(({ id, ownerId, currency }) =>
    ownerId === null ? [id] : purposes.map((purpose) => systemAccountId(purpose, currency)),
  );
  return [...new Set(ids.flat())];
}

function plain<T extends object>(entity: T | undefined): T | undefined {
  return entity && { ...entity };
}

const NEWEST = 3;

async function newestIds(reads: LedgerReads, userId: string): Promise<readonly string[]> {
  return (await reads.transfersOf(userId, { after: null, limit: NEWEST })).map(({ id }) => id);
}

function expectedTransfer(model: Model, id: string): unknown {
  const made = model.transfers.find((one) => one.id === id);
  if (!made) return undefined;
  const { kind, code, source, destination, amount, currency, at } = made;
  return {
    id,
    kind,
    status: code === null ? 'completed' : 'rejected',
    code,
    legs: [
      { ...source, direction: 'debit', amount },
      { ...destination, direction: 'credit', amount },
    ],
    currency,
    exponent: currency === null ? null : exponentOf(currency),
    initiator: made.initiator,
    payerName: made.payerName,
    description: made.description,
    metadata: made.metadata,
    salt: saltOf(id),
    expiresAt: null,
    amountCaptured: null,
    reversed: null,
    erased: null,
    reverses: null,
    batchId: null,
    createdAt: at,
    completedAt: code === null ? at : null,
  };
}

/** Drawn with the id, so that a run repeats to the letter. */
export function saltOf(id: string): string {
  return id.replaceAll('-', '').toLowerCase();
}

function distinctUses(uses: readonly KeyUse[]): readonly KeyUse[] {
  return [...new Map(uses.map((use) => [keyTextOf(use), use])).values()];
}

async function readRecord(reads: LedgerReads, { actor, operation, key }: KeyUse): Promise<unknown> {
  const record = await reads.record({ scope: scopeOf(actor), operation, key });
  return record && { at: record.at, request: record.request.fields, ...outcomeFacts(record) };
}

function outcomeFacts({ outcome }: IdempotencyRecord): object {
  switch (outcome.kind) {
    case 'refused':
      return { code: outcome.code, transferId: outcome.transfer?.id ?? null };
    case 'transferred':
      return { transferId: outcome.transfer.id, balances: outcome.balances };
    case 'opened':
    case 'changed':
      return { accountId: outcome.account.id };
    case 'batch':
      return { members: outcome.members.length };
    default:
      return outcome satisfies never;
  }
}

function expectedRecord(model: Model, use: KeyUse): unknown {
  const kept = model.kept.get(keyTextOf(use));
  if (!kept) return undefined;
  const { at, fields, answer } = kept;
  const { account, transfer, transferId, code, balances } = answer as {
    account?: { accountId: string };
    transfer?: { transferId: string };
    transferId?: string | null;
    code?: string;
    balances?: unknown;
  };
  const shared = { at, request: withDigests(fields, use) };
  if (account) return { ...shared, accountId: account.accountId };
  if (transfer) return { ...shared, transferId: transfer.transferId, balances };
  // What was shown may say less than what was kept.
  const rejected = model.transfers.find(({ id }) => id === transferId);
  return { ...shared, code: rejected?.code ?? code, transferId };
}

/** A request is kept with digests in place of its texts: as `ARCHITECTURE.md` has them. */
function withDigests(fields: RequestFields, { actor, operation, key }: KeyUse): RequestFields {
  const digest = (text: string) =>
    sha256(`passbook request text 1\n${operation} ${scopeOf(actor)} ${key}\n${text}`);
  return fields.map(([field, value]) =>
    field === 'description' || field === 'metadata' ? [field, value && digest(value)] : [field, value],
  );
}

/** Each message once: what was taken is not given again. */
async function takeMessages(unitOfWork: Store['unitOfWork']): Promise<readonly Message[]> {
  const taken: Message[] = [];
  for (let more = true; more; ) {
    const limit = 1000;
    const page = await unitOfWork.run(({ outbox }) =>
      outbox.claim({ now: END_OF_TIME, leaseUntil: END_OF_TIME + 1, limit }),
    );
    taken.push(...page.map(({ message }) => message));
    more = page.length === limit;
  }
  return taken.sort(byId);
}

function expectChainsToHold(entries: readonly LedgerEntry[], transfers: ReadonlyMap<string, Transfer>): void {
  let previous: LedgerEntry | undefined;
  for (const entry of entries) {
    const transfer = transfers.get(entry.transferId);
    if (!transfer) throw new TypeError(`Entry ${entry.sequence} of ${entry.accountId} has no transfer`);
    const before = previous?.accountId === entry.accountId ? previous.hash : GENESIS_HASH;
    const seal = sealTransfer(transfer, sha256);
    const hash = linkHash(before, entryDigest(entry, transfer, { seal, digest: sha256 }), sha256);
    expectSame(entry.hash, hash);
    previous = entry;
  }
}

function expectSums(entries: readonly LedgerEntry[]): void {
  const sums = new Map<string, bigint>();
  for (const { transferId, direction, posted } of entries) {
    sums.set(transferId, (sums.get(transferId) ?? 0n) + (direction === 'debit' ? posted : -posted));
  }
  const unequal = [...sums].filter(([, sum]) => sum !== 0n);
  expectSame(unequal, []);
}

/** @throws AssertionError that shows both: what only the ledger has after a +, what only the model has after a - */
export function expectSame(actual: unknown, expected: unknown): void {
  deepStrictEqual(actual, expected);
}
