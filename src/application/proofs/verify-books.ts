import { heldWithoutDue } from '../reporting/account-at.ts';
import type { Outcome } from '../../domain/books/outcome.ts';
import { AccountCheck } from '../../domain/verification/account-check.ts';
import type { Account } from '../../domain/entities/account.ts';
import { AuditCheck } from '../../domain/verification/audit-check.ts';
import type { Digest } from '../../domain/integrity/hash-chain.ts';
import { CheckpointCheck } from '../../domain/verification/checkpoint-check.ts';
import type { Checkpoint } from '../../domain/integrity/checkpoint.ts';
import { identifierText, identifiersOfAccount, identifiersOfTransfer } from '../../domain/books/prefetch.ts';
import type { Identifier } from '../../domain/books/prefetch.ts';
import { keyText } from '../../domain/books/idempotency.ts';
import type { HexDigest } from '../../domain/integrity/merkle-tree.ts';
import { checkRecord, entriesWithDue, idsIn } from '../../domain/verification/record-check.ts';
import type { Recorded } from '../../domain/verification/record-check.ts';
import { checkTransfer, ReversalCheck } from '../../domain/verification/transfer-check.ts';
import { PassbookError } from '../../domain/errors.ts';
import { BalanceCheck, FaultLog, OrderCheck } from '../../domain/verification/faults.ts';
import type { Fault, FaultPlace } from '../../domain/verification/faults.ts';
import type { Transfer } from '../../domain/entities/transfer.ts';
import { allPages } from '../all-pages.ts';
import { ownTurn } from '../event-loop.ts';
import type { LedgerReads, LedgerScan } from '../ports/ledger-store.ts';
import type { PageRequest } from '../ports/page-request.ts';

export type VerifyPorts = {
  readonly reads: LedgerReads;
  readonly scan: LedgerScan;
  readonly digest: Digest;
  readonly hexDigest: HexDigest;
};

/** Numbers of records verified so far. */
export type Verified = {
  readonly accounts: number;
  readonly entries: number;
  readonly transfers: number;
  readonly records: number;
  readonly auditRecords: number;
};

export type VerifyRequest = {
  /** A checkpoint whose signature is already verified, with the lines of its manifest. */
  readonly checkpoint?: { readonly checkpoint: Checkpoint; readonly manifest: AsyncIterable<string> };
  readonly onProgress?: (verified: Verified) => void;
};

export type Verification = {
  /** First fault of each kind, with the number of such faults. Empty if the books are correct. */
  readonly faults: readonly (Fault & { readonly count: number })[];
  readonly verified: Verified;
};

const PAGE = 500;

/**
 * Verifies all books, page by page. Safe to run while others write: it reads each account first, then its entries up to
 * the last one that the account names.
 * @throws PassbookError `unavailable`
 */
export function verifyBooks(ports: VerifyPorts) {
  return async ({ checkpoint, onProgress = () => {} }: VerifyRequest = {}): Promise<Verification> => {
    const run = new VerifyRun(ports, onProgress);
    await run.attempt(() => run.balance());
    await run.attempt(() => run.accounts(checkpoint));
    await run.attempt(() => run.transfers());
    await run.attempt(() => run.records());
    await run.attempt(() => run.differences());
    return run.end();
  };
}

class VerifyRun {
  readonly #ports: VerifyPorts;
  readonly #onProgress: (verified: Verified) => void;
  readonly #faults = new FaultLog();
  readonly #audit: AuditCheck;
  readonly #verified = { accounts: 0, entries: 0, transfers: 0, records: 0, auditRecords: 0 };
  /** Sum of all counts. */
  #counted = 0;
  #checkpoint: CheckpointCheck | undefined;
  /** Cache of accounts. Accounts never disappear, and the facts that records are compared with never change. */
  readonly #found = new Map<string, Account>();

  constructor(ports: VerifyPorts, onProgress: (verified: Verified) => void) {
    this.#ports = ports;
    this.#onProgress = onProgress;
    this.#audit = new AuditCheck({ digest: ports.digest, faults: this.#faults });
  }

  /** Runs a step and reports unreadable data as a fault: a value edited by hand may have a form that no store knows. */
  async attempt(step: () => Promise<void>, place: FaultPlace = {}): Promise<void> {
    try {
      await step();
    } catch (fault) {
      if (fault instanceof PassbookError || !(fault instanceof Error)) throw fault;
      this.#faults.report('unreadable', { ...place, detail: fault.message });
    }
  }

  /** Checks the balance over a snapshot, since the other checks read accounts at different moments. */
  async balance(): Promise<void> {
    const check = new BalanceCheck();
    await this.#ports.scan.atOnce(async (books) => {
      for await (const accounts of books.accounts()) for (const account of accounts) check.add(account);
    });
    check.end(this.#faults);
  }

  async accounts(given: VerifyRequest['checkpoint']): Promise<void> {
    const { scan, hexDigest } = this.#ports;
    if (given) {
      this.#checkpoint = new CheckpointCheck(given.checkpoint, { digest: hexDigest, faults: this.#faults });
    }
    await this.#readAudit();
    const order = new OrderCheck();
    const manifest = given?.manifest[Symbol.asyncIterator]();
    for await (const page of allPages((request) => scan.accountsPage(request), {
      idOf: ({ id }) => id,
      limit: PAGE,
    })) {
      await this.#identifiers(page.map((account) => [account.id, identifiersOfAccount(account)]));
      for (const account of page) {
        if (!order.add(account.id)) this.#faults.report('account_order', { accountId: account.id });
        await this.#readManifest(manifest, (check) => check.isBehind(account.id));
        await this.attempt(() => this.#account(account), { accountId: account.id });
        if (this.#found.size < MOST_FOUND) this.#found.set(account.id, account);
        await this.#standing(account);
        await this.#count('accounts');
      }
    }
    await this.#readManifest(manifest, (check) => !check.isEnded);
    await this.#readAudit();
    this.#checkpoint?.end();
  }

  async transfers(): Promise<void> {
    const { scan } = this.#ports;
    const order = new OrderCheck();
    const reversals = new ReversalCheck();
    for await (const page of allPages((request) => scan.transfersPage(request), {
      idOf: ({ transfer }) => transfer.id,
      limit: PAGE,
    })) {
      for (const { transfer, entries } of page) {
        if (!order.add(transfer.id)) this.#faults.report('transfer_order', { transferId: transfer.id });
        checkTransfer(transfer, entries, this.#faults);
        reversals.add(transfer);
        await this.#erased(transfer);
        await this.#count('transfers');
      }
      const transfers = page.map(({ transfer }) => transfer);
      await this.#accountsOf(transfers);
      await this.#identifiers(transfers.map((transfer) => [transfer.id, identifiersOfTransfer(transfer)]));
    }
    await this.#erasedAndMissing();
    const unequal = [...reversals.unequal()];
    for (let from = 0; from < unequal.length; from += PAGE) {
      const ids = unequal.slice(from, from + PAGE);
      await this.#secondLook(ids, async () =>
        (await scan.transfersById(ids)).map(({ transfer }) => transfer),
      );
    }
  }

  async records(): Promise<void> {
    const { scan, digest } = this.#ports;
    const order = new OrderCheck();
    const all = allPages((page) => scan.recordsPage(page), { idOf: keyText, limit: PAGE });
    for await (const records of all) {
      const contained = records.map(({ outcome }) => idsIn(outcome));
      const ids = [...new Set(contained.flatMap(({ transferIds }) => transferIds))];
      const transfers = await scan.transfersById(ids);
      const accounts = await this.#accountsById(new Set(contained.flatMap(({ accountIds }) => accountIds)));
      const found = { transfers: new Map(transfers.map((one) => [one.transfer.id, one])), accounts };
      const outcomes = records.map(({ outcome }) => outcome);
      const recorded = { ...found, heldWithoutDue: await this.#heldWithoutDue(outcomes, found) };
      for (const record of records) {
        if (!order.add(keyText(record))) this.#faults.report('record_order', { key: keyText(record) });
        checkRecord(record, recorded, { digest, faults: this.#faults });
        await this.#count('records');
      }
    }
  }

  async differences(): Promise<void> {
    for await (const faults of this.#ports.scan.differences()) {
      for (const { kind, ...place } of faults) this.#faults.report(kind, place);
    }
  }

  /** Computes other valid values of `held`: an answer leaves out all holds that were due at its instant. */
  async #heldWithoutDue(
    outcomes: readonly Outcome[],
    recorded: Recorded,
  ): Promise<ReadonlyMap<string, readonly bigint[]>> {
    const held = new Map<string, readonly bigint[]>();
    for (const entry of outcomes.flatMap((outcome) => entriesWithDue(outcome, recorded))) {
      const account = recorded.accounts.get(entry.accountId);
      if (!account) continue;
      const sums = await heldWithoutDue(this.#ports.reads, account.afterEntry(entry));
      held.set(`${entry.transferId} ${entry.accountId}`, sums);
    }
    return held;
  }

  end(): Verification {
    this.#onProgress(this.#verified);
    return { faults: this.#faults.list(), verified: { ...this.#verified } };
  }

  async #readManifest(
    manifest: AsyncIterator<string> | undefined,
    isWanted: (check: CheckpointCheck) => boolean,
  ): Promise<void> {
    const check = this.#checkpoint;
    if (!manifest || !check) return;
    while (isWanted(check)) {
      const read: IteratorResult<string, unknown> = await manifest.next();
      if (read.done) check.endManifest();
      else check.addLine(read.value);
    }
  }

  async #account(account: Account): Promise<void> {
    const { reads, digest } = this.#ports;
    const check = new AccountCheck(account, { digest, faults: this.#faults });
    this.#checkpoint?.addAccount(account);
    for (let after = 0; ; ) {
      const lines = await reads.linesOf(account.id, { after, limit: PAGE });
      for (const { entry, transfer } of lines) {
        if (entry.sequence > account.sequence) return this.#endAccount(check, account, entry.sequence);
        check.add(entry, transfer);
        this.#checkpoint?.addEntry(entry);
        await this.#count('entries');
      }
      const last = lines.at(-1)?.entry.sequence;
      // A sequence that does not grow would cause an endless loop
      if (last === undefined || last <= after) return this.#endAccount(check, account, null);
      // A page with room for more, and without a gap: any other might hide an entry beyond the account's last
      const isRest = lines.length < PAGE && lines.length === last - after && last === account.sequence;
      if (isRest) return this.#endAccount(check, account, null);
      after = last;
    }
  }

  /** Ends an account. An entry beyond its last must have been written since the account was read. */
  async #endAccount(check: AccountCheck, { id }: Account, beyond: number | null): Promise<void> {
    check.end();
    if (beyond === null) return;
    const today = await this.#ports.reads.account(id);
    if (!today || today.sequence < beyond) {
      this.#faults.report('entry_beyond', { accountId: id, sequence: beyond });
    }
  }

  /** Compares an account with the audit log. Reads both again if they differ, since they may have changed meanwhile. */
  async #standing(read: Account): Promise<void> {
    for (let account = read; ; ) {
      const before = this.#audit.lastAbout(account.id);
      if (!this.#audit.differenceOf(account)) return;
      await this.#readAudit();
      const detail = this.#audit.differenceOf(account);
      if (!detail) return;
      if (this.#audit.lastAbout(account.id) === before) {
        this.#faults.report('account_standing', { accountId: account.id, detail });
        return;
      }
      account = (await this.#ports.reads.account(account.id)) ?? account;
    }
  }

  /** Compares erased texts with the audit log. Reads the log again if they differ, since it may have grown. */
  async #erased(transfer: Transfer): Promise<void> {
    if (transfer.erased && this.#audit.erasureDifference(transfer)) await this.#readAudit();
    const detail = this.#audit.erasureDifference(transfer);
    if (detail) this.#faults.report('transfer_erased', { transferId: transfer.id, detail });
    this.#audit.seen(transfer.id);
  }

  async #erasedAndMissing(): Promise<void> {
    const unseen = this.#audit.unseen();
    for (let from = 0; from < unseen.length; from += PAGE) {
      const ids = unseen.slice(from, from + PAGE);
      const found = await this.#ports.scan.transfersById(ids);
      const there = new Set(found.map(({ transfer }) => transfer.id));
      for (const transferId of ids.filter((id) => !there.has(id)))
        this.#faults.report('transfer_erased', { transferId, detail: 'the transfer is missing' });
    }
  }

  /** Checks that the accounts of all legs exist. A rejected transfer may name an account that never existed. */
  async #accountsOf(transfers: readonly Transfer[]): Promise<void> {
    const legs = transfers
      .filter(({ status }) => status !== 'rejected')
      .flatMap(({ id, legs: ofTransfer }) => ofTransfer.map(({ accountId }) => [accountId, id] as const));
    const accounts = await this.#accountsById(new Set(legs.map(([accountId]) => accountId)));
    for (const [accountId, transferId] of new Map(legs)) {
      if (!accounts.has(accountId)) this.#faults.report('account_missing', { accountId, transferId });
    }
  }

  /** Checks that each identifier leads to its owner. Of two owners, it leads to one at most. */
  async #identifiers(owners: readonly (readonly [id: string, readonly Identifier[]])[]): Promise<void> {
    const all = owners.flatMap(([, identifiers]) => identifiers);
    if (all.length === 0) return;
    const found = await this.#ports.reads.identify(all);
    for (const [id, identifiers] of owners) {
      for (const identifier of identifiers) {
        const owner = found.get(identifierText(identifier));
        if (owner === id) continue;
        const detail = `${identifierText(identifier)} leads to ${owner ?? 'nothing'}`;
        if (identifier.kind === 'transfer_external_id')
          this.#faults.report('transfer_facts', { transferId: id, detail });
        else this.#faults.report('account_number', { accountId: id, detail });
      }
    }
  }

  async #readAudit(): Promise<void> {
    for (;;) {
      const records = await this.#ports.reads.audit({ after: this.#audit.sequence, limit: PAGE });
      for (const record of records) {
        this.#audit.add(record);
        this.#checkpoint?.addAudit(record);
        await this.#count('auditRecords');
      }
      if (records.length === 0) return;
    }
  }

  /**
   * Checks unequal reversals again, since a reversal and its original may have been read at different moments. Reads
   * the reversed amounts before and after all reversals: the sum of the reversals must lie between them.
   */
  async #secondLook(ids: readonly string[], read: () => Promise<readonly Transfer[]>): Promise<void> {
    const before = reversedOf(await read());
    const sums = new Map<string, bigint>();
    for await (const { transfer } of this.#transfers()) {
      const { reverses, status } = transfer;
      if (reverses === null || status !== 'completed' || !ids.includes(reverses)) continue;
      for (const { accountId, amount } of transfer.legs) {
        const leg = `${reverses} ${accountId}`;
        sums.set(leg, (sums.get(leg) ?? 0n) + amount);
      }
    }
    const after = reversedOf(await read());
    for (const leg of new Set([...before.keys(), ...after.keys(), ...sums.keys()])) {
      const sum = sums.get(leg) ?? 0n;
      if ((before.get(leg) ?? 0n) <= sum && sum <= (after.get(leg) ?? 0n)) continue;
      const [transferId = '', accountId = ''] = leg.split(' ');
      const detail = `${after.get(leg) ?? 0n} in place of ${sum}`;
      this.#faults.report('transfer_reversed', { transferId, accountId, detail });
    }
  }

  #transfers() {
    const { scan } = this.#ports;
    return each(
      (page) => scan.transfersPage(page),
      ({ transfer }) => transfer.id,
    );
  }

  async #accountsById(ids: ReadonlySet<string>): Promise<ReadonlyMap<string, Account>> {
    if (this.#found.size > MOST_FOUND) this.#found.clear();
    const unknown = [...ids].filter((id) => !this.#found.has(id));
    for (const account of await Promise.all(unknown.map((id) => this.#ports.reads.account(id)))) {
      if (account) this.#found.set(account.id, account);
    }
    return this.#found;
  }

  /** Counts, and lets other work of the process run after each twenty. */
  async #count(what: keyof Verified): Promise<void> {
    this.#verified[what]++;
    this.#counted++;
    if (this.#counted % PROGRESS_EVERY === 0) this.#onProgress({ ...this.#verified });
    if (this.#counted % COUNTED_A_TURN === 0) await ownTurn();
  }
}

const PROGRESS_EVERY = 5_000;
/** Number of records after which a run lets other work of the event loop run. A store in memory awaits nothing. */
const COUNTED_A_TURN = 20;
/** Maximum number of cached accounts: a few megabytes. */
const MOST_FOUND = 50_000;

/** Returns the reversed amount of each leg, by transfer and account. */
function reversedOf(transfers: readonly Transfer[]): ReadonlyMap<string, bigint> {
  return new Map(
    transfers.flatMap(({ id, legs, reversed }) =>
      legs.map(({ accountId }, index) => [`${id} ${accountId}`, reversed?.[index] ?? 0n] as const),
    ),
  );
}

async function* each<T>(
  read: (page: PageRequest) => Promise<readonly T[]>,
  idOf: (one: T) => string,
): AsyncIterable<T> {
  for await (const page of allPages(read, { idOf, limit: PAGE })) yield* page;
}
