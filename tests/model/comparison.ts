import { deepStrictEqual } from 'node:assert';
import { sha256 } from '../../src/adapters/shared/sha256.ts';
import type { LedgerReads, Store } from '../../src/application/ports/ledger-store.ts';
import { userTransfers } from '../../src/application/transfers/user-transfers.ts';
import { systemAccountId } from '../../src/domain/entities/account.ts';
import type { Account, SystemPurpose } from '../../src/domain/entities/account.ts';
import { auditHash } from '../../src/domain/integrity/audit-log.ts';
import { entryDigest, linkHash, sealTransfer } from '../../src/domain/integrity/hash-chain.ts';
import { GENESIS_HASH } from '../../src/domain/entities/genesis-hash.ts';
import { scopeOf } from '../../src/domain/books/idempotency.ts';
import type { LedgerEntry } from '../../src/domain/entities/ledger-entry.ts';
import type { Notification } from '../../src/domain/entities/notification.ts';
import type { Outcome } from '../../src/domain/books/outcome.ts';
import type { Transfer } from '../../src/domain/entities/transfer.ts';
import type { Command } from './command.ts';
import { CUSTOMERS, OPERATORS } from './draw.ts';
import {
  accountsOf,
  byId,
  countersOf,
  keyTextOf,
  latestInstantOf,
  pendingHoldsOn,
  reversedOf,
} from './model.ts';
import type { KeyUse, Model, ModelAccount, ModelOutcome, ModelTransfer, RequestFields } from './model.ts';
import { accountNamed } from './model-steps.ts';
import { exponentOf, isParty, transfersOf } from './model-views.ts';

const END_OF_TIME = Date.UTC(9999, 11, 31);
const PARTIES = [...CUSTOMERS, ...OPERATORS].flatMap(({ id }) => id ?? []);
const PURPOSES = ['funding', 'settlement', 'fees', 'exchange', 'suspense'] as const;

/**
 * Compares what a store holds with what the model says it holds. What can change (accounts) is compared in whole each
 * time; what may only be added to (entries, transfers, records, messages, audit log) by what was added, and at the end
 * in whole.
 * So a refused command is seen to have left everything as it was.
 */
export class Comparison {
  readonly #model: Model;
  /** Of each account, how many entries were compared, and the hash of the last. */
  readonly #compared = new Map<string, { readonly count: number; readonly head: string }>();
  #messages = 0;
  #transfers = 0;
  #audit = { count: 0, head: GENESIS_HASH };

  constructor(model: Model) {
    this.#model = model;
  }

  /** After these commands, and only after them since the last time. */
  async afterStep({ reads, unitOfWork }: Store, commands: readonly Command[]): Promise<void> {
    const grown = [...this.#model.accounts.values()].filter(
      ({ id, entries }) => entries.length > this.#of(id).count,
    );
    const ids = this.#concerned(commands, grown);
    const uses = distinctUses(commands.flatMap(({ keyUse }) => keyUse ?? []));
    const made = ids.flatMap((id) => this.#model.transfers.get(id) ?? []);
    const parties = PARTIES.filter((id) => made.some((transfer) => isParty(id, transfer)));
    const [transfers, records, lists, messages] = await Promise.all([
      Promise.all(ids.map(async (id) => plain(await reads.transfer(id)))),
      Promise.all(uses.map((use) => readRecord(reads, use))),
      Promise.all(parties.map((id) => newestIds(reads, id))),
      takeMessages(unitOfWork),
      this.#compareAudit(reads),
      Promise.all(grown.map((account) => this.#compareEntries(reads, account))),
    ]);
    expectSame(
      { transfers, records, lists, messages },
      {
        transfers: ids.map((id) => expectedTransfer(this.#model.transfers.get(id))),
        records: uses.map((use) => expectedRecord(this.#model, use)),
        lists: parties.map((id) =>
          transfersOf(this.#model, id)
            .slice(0, NEWEST)
            .map((one) => one.id),
        ),
        messages: this.#model.messages.slice(this.#messages).sort(byId),
      },
    );
    await this.#compareAccounts(reads, ['funding', 'exchange']);
    this.#messages = this.#model.messages.length;
  }

  /** All that was ever written. Entries sum to zero, and their chains hold. */
  async atEnd({ reads, unitOfWork }: Store): Promise<void> {
    this.#compared.clear();
    this.#audit = { count: 0, head: GENESIS_HASH };
    const transfers = await this.#compareTransfers(reads);
    const entries: LedgerEntry[] = [];
    for (const account of this.#model.accounts.values()) {
      entries.push(...(await this.#compareEntries(reads, account)));
      const holds = await reads.pendingHolds(account.id, { after: null, limit: 10_000 });
      expectSame(
        holds.map(({ transfer }) => transfer.id).sort(),
        pendingHoldsOn(this.#model, account.id)
          .map(({ id }) => id)
          .sort(),
      );
    }
    this.#expectChainsToHold(entries, transfers);
    expectSums(entries);
    await this.#compareAudit(reads);
    await this.#compareAccounts(reads, PURPOSES);
    for (const use of this.#model.keyUses) {
      expectSame(await readRecord(reads, use), expectedRecord(this.#model, use));
    }
    expectSame(await takeMessages(unitOfWork), []);
  }

  /** What these commands made or might have made, and what their steps changed. */
  #concerned(commands: readonly Command[], grown: readonly ModelAccount[]): readonly string[] {
    const { transfers } = this.#model;
    const ids = commands.map(({ id }) => id);
    const written = grown.flatMap(({ id, entries }) =>
      entries.slice(this.#of(id).count).map(({ transferId }) => transferId),
    );
    const added = [...transfers.keys()].slice(this.#transfers);
    const reversed = added.flatMap((id) => transfers.get(id)?.reverses ?? []);
    this.#transfers = transfers.size;
    return [...new Set([...ids, ...added, ...written, ...reversed])];
  }

  /** Those in the list of each party, and by their ids those that are in none. */
  async #compareTransfers(reads: LedgerReads): Promise<ReadonlyMap<string, Transfer>> {
    const found = new Map<string, Transfer>();
    for (const id of PARTIES) {
      const listed = await userTransfers(reads, id, { before: null, limit: 10_000 });
      for (const transfer of listed) found.set(transfer.id, transfer);
      expectSame(listed.map(plain), transfersOf(this.#model, id).map(expectedTransfer));
    }
    for (const [id, expected] of this.#model.transfers) {
      if (found.has(id)) continue;
      const transfer = await reads.transfer(id);
      expectSame(plain(transfer), expectedTransfer(expected));
      if (transfer) found.set(id, transfer);
    }
    return found;
  }

  async #compareAccounts(reads: LedgerReads, purposes: readonly SystemPurpose[]): Promise<void> {
    const bankIds = bankAccountIds(this.#model, purposes);
    const [owned, ofBank] = await Promise.all([
      Promise.all(CUSTOMERS.map(({ id }) => reads.accountsOf(id, { after: null, limit: 10_000 }))),
      Promise.all(bankIds.map((id) => reads.account(id))),
    ]);
    expectSame(
      { owned: owned.map((list) => list.map(factsOf)), ofBank: ofBank.map((one) => one && factsOf(one)) },
      {
        owned: CUSTOMERS.map(({ id }) =>
          accountsOf(this.#model, id).map((one) => this.#expectedAccount(one)),
        ),
        ofBank: bankIds.map((id) => {
          const account = this.#model.accounts.get(id);
          return account && this.#expectedAccount(account);
        }),
      },
    );
    for (const account of [...owned.flat(), ...ofBank]) if (account) this.#expectExpiryBound(account);
  }

  /** No hold that is pending on it expires before the instant that it remembers. */
  #expectExpiryBound({ id, nextExpiryAt }: Account): void {
    const first = pendingHoldsOn(this.#model, id)[0]?.expiresAt ?? Infinity;
    expectSame({ id, isBound: (nextExpiryAt ?? Infinity) <= first }, { id, isBound: true });
  }

  /** The records that were added since the last time, each with its hash. */
  async #compareAudit(reads: LedgerReads): Promise<void> {
    const { count } = this.#audit;
    const added = await reads.audit({ after: count, limit: 10_000 });
    let { head } = this.#audit;
    expectSame(
      added,
      this.#model.audit.slice(count).map((facts) => {
        head = auditHash(head, facts, sha256);
        return { ...facts, hash: head };
      }),
    );
    this.#audit = { count: count + added.length, head };
  }

  /** The ones that were added since the last time, none missing and none more. */
  async #compareEntries(reads: LedgerReads, account: ModelAccount): Promise<readonly LedgerEntry[]> {
    const { count } = this.#of(account.id);
    const added = await reads.entriesOf(account.id, { after: count, limit: 10_000 });
    expectSame(
      added.map((entry) => ({ ...entry })),
      account.entries.slice(count).map(({ side, ...facts }, index) => ({
        ...facts,
        accountId: account.id,
        sequence: count + index + 1,
        direction: side,
        // Whether it is the right one is seen at the end.
        hash: added[index]?.hash,
      })),
    );
    const head = added.at(-1)?.hash;
    if (head !== undefined) this.#compared.set(account.id, { count: count + added.length, head });
    return added;
  }

  #expectChainsToHold(entries: readonly LedgerEntry[], transfers: ReadonlyMap<string, Transfer>): void {
    let previous: LedgerEntry | undefined;
    for (const entry of entries) {
      const transfer = transfers.get(entry.transferId);
      if (!transfer) throw new TypeError(`Entry ${entry.sequence} of ${entry.accountId} has no transfer`);
      const before = previous?.accountId === entry.accountId ? previous.hash : GENESIS_HASH;
      const { number } = accountNamed(this.#model, entry.accountId);
      const covering = { seal: sealTransfer(transfer, sha256), number, digest: sha256 };
      expectSame(entry.hash, linkHash(before, entryDigest(entry, transfer, covering), sha256));
      previous = entry;
    }
  }

  #of(id: string) {
    return this.#compared.get(id) ?? { count: 0, head: GENESIS_HASH };
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
      createdAt: openedAt,
    };
  }
}

function factsOf(account: Account): unknown {
  const { nextExpiryAt: _bound, ...facts } = account;
  return facts;
}

/** Those that there are, and those of the purposes wherever an owner's account may have made one. */
function bankAccountIds({ accounts }: Model, purposes: readonly SystemPurpose[]): readonly string[] {
  const ids = [...accounts.values()].map(({ id, ownerId, currency }) =>
    ownerId === null ? [id] : purposes.map((purpose) => systemAccountId(purpose, currency)),
  );
  return [...new Set(ids.flat())];
}

function plain<T extends object>(entity: T | undefined): T | undefined {
  return entity && { ...entity };
}

const NEWEST = 3;

async function newestIds(reads: LedgerReads, userId: string): Promise<readonly string[]> {
  return (await userTransfers(reads, userId, { before: null, limit: NEWEST })).map(({ id }) => id);
}

function expectedTransfer(transfer: ModelTransfer | undefined): unknown {
  if (!transfer) return undefined;
  const { reversals, ...facts } = transfer;
  const { currency, legs } = facts;
  return {
    ...facts,
    exponent: currency === null ? null : exponentOf(currency),
    salt: saltOf(facts.id),
    reversed: reversals.length === 0 ? null : legs.map((leg) => reversedOf(leg, transfer)),
    erased: null,
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
  return (
    record && {
      at: record.at,
      request: given(record.request.fields),
      outcome: factsOfOutcome(record.outcome),
    }
  );
}

/** A store may leave out a field that is null. */
function given(fields: readonly (readonly [string, unknown])[]): unknown {
  return fields.filter(([, value]) => value !== null);
}

function factsOfOutcome(outcome: Outcome): unknown {
  switch (outcome.kind) {
    case 'refused':
      return { code: outcome.code, rejected: plain(outcome.transfer ?? undefined) };
    case 'transferred':
      return { made: plain(outcome.transfer), balances: outcome.balances };
    case 'opened':
    case 'changed': {
      const { id, status, balance, held } = outcome.account;
      return { account: { id, status, balance, held } };
    }
    case 'batch':
      return { members: outcome.members.map(factsOfOutcome) };
    default:
      return outcome satisfies never;
  }
}

function expectedRecord(model: Model, use: KeyUse): unknown {
  const kept = model.kept.get(keyTextOf(use));
  return (
    kept && {
      at: kept.at,
      request: given(withDigests(kept.fields, use)),
      outcome: expectedOutcome(kept.outcome),
    }
  );
}

function expectedOutcome(outcome: ModelOutcome): unknown {
  if ('members' in outcome) return { members: outcome.members.map(expectedOutcome) };
  if ('made' in outcome) return { made: expectedTransfer(outcome.made), balances: outcome.balances };
  if ('code' in outcome) {
    return { code: outcome.code, rejected: expectedTransfer(outcome.rejected ?? undefined) };
  }
  const { accountId: id, status, balance, held } = outcome.account;
  return { account: { id, status, balance, held } };
}

/** A request is kept with digests in place of its texts: as docs/internals/formats.md has them. */
function withDigests(fields: RequestFields, { actor, operation, key }: KeyUse): RequestFields {
  // Texts about an account are recorded in full
  if (operation === 'open_account' || operation === 'set_account_metadata') return fields;
  const digest = (text: string) =>
    sha256(`passbook request text 1\n${operation} ${scopeOf(actor)} ${key}\n${text}`);
  return fields.map(([field, value]) => {
    if (field === 'transfers') return [field, value && JSON.stringify(membersWithDigests(value, digest))];
    return [field, TEXTS.includes(field) ? value && digest(value) : value];
  });
}

const TEXTS = ['description', 'reference', 'metadata'];
/** The places of description, metadata and reference among a member's fields. */
const TEXT_PLACES = [4, 5, 10];

function membersWithDigests(members: string, digest: (text: string) => string): unknown {
  const texts = (JSON.parse(members) as (string | null)[][]).map((values) =>
    values.map((value, index) => (TEXT_PLACES.includes(index) ? value && digest(value) : value)),
  );
  return texts;
}

/** Each message once: what was taken is not given again. */
async function takeMessages(unitOfWork: Store['unitOfWork']): Promise<readonly Notification[]> {
  const taken: Notification[] = [];
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

/** What each transfer posted in all, and what it reserved. */
function expectSums(entries: readonly LedgerEntry[]): void {
  const sums = new Map<string, { posted: bigint; pending: bigint }>();
  for (const { transferId, direction, step, posted, pending } of entries) {
    const sum = sums.get(transferId) ?? { posted: 0n, pending: 0n };
    const sign = direction === 'debit' ? 1n : -1n;
    sums.set(transferId, {
      posted: sum.posted + sign * posted,
      pending: sum.pending + (step === 'held' ? sign : -sign) * pending,
    });
  }
  const unequal = [...sums].filter(([, { posted, pending }]) => posted !== 0n || pending !== 0n);
  expectSame(unequal, []);
}

/** @throws AssertionError that shows both: what only the ledger has after a +, what only the model has after a - */
export function expectSame(actual: unknown, expected: unknown): void {
  if (!isSame(actual, expected)) deepStrictEqual(actual, expected);
}

/** Of plain data. Says so in a fraction of the time that it takes to say what differs. */
function isSame(actual: unknown, expected: unknown): boolean {
  if (Object.is(actual, expected)) return true;
  if (typeof actual !== 'object' || typeof expected !== 'object') return false;
  if (actual === null || expected === null) return false;
  if (Object.getPrototypeOf(actual) !== Object.getPrototypeOf(expected)) return false;
  const keys = Object.keys(expected);
  return (
    Object.keys(actual).length === keys.length &&
    keys.every(
      (key) =>
        Object.hasOwn(actual, key) &&
        isSame(actual[key as keyof typeof actual], expected[key as keyof typeof expected]),
    )
  );
}
