import { classOfPurpose, systemAccountId } from '../entities/account.ts';
import { isAccountNumber } from '../entities/account-number.ts';
import { counted } from '../entities/counters.ts';
import type { Account } from '../entities/account.ts';
import type { Counters } from '../entities/counters.ts';
import { coveredDigest, sealTransfer } from '../integrity/hash-chain.ts';
import { GENESIS_HASH } from '../entities/genesis-hash.ts';
import type { Digest } from '../integrity/hash-chain.ts';
import type { LedgerEntry } from '../entities/ledger-entry.ts';
import { isWithinBound } from '../money/money.ts';
import type { Instant } from '../time.ts';
import type { Transfer } from '../entities/transfer.ts';
import { differs } from './faults.ts';
import type { FaultLog } from './faults.ts';

const COUNTERS = ['debitsPosted', 'creditsPosted', 'debitsPending', 'creditsPending'] as const;

/**
 * Recomputes one account from its entries, which are added in order up to the account's last. After a fault it goes on
 * from the stored values, so each fault is reported once, at its own place.
 */
export class AccountCheck {
  readonly #account: Account;
  readonly #digest: Digest;
  readonly #faults: FaultLog;
  #sequence = 0;
  #at: Instant;
  #head = GENESIS_HASH;
  #counters: Counters = { debitsPosted: 0n, creditsPosted: 0n, debitsPending: 0n, creditsPending: 0n };
  /** Holds that are pending so far, by transfer. */
  readonly #holds = new Map<string, Transfer>();
  /** Whether any hold ever placed expires at the account's `nextExpiryAt`. */
  #isExpiryKnown = false;

  constructor(account: Account, { digest, faults }: { digest: Digest; faults: FaultLog }) {
    this.#account = account;
    this.#digest = digest;
    this.#faults = faults;
    this.#at = account.createdAt;
  }

  add(entry: LedgerEntry, transfer: Transfer): void {
    const place = { accountId: this.#account.id, sequence: entry.sequence, transferId: transfer.id };
    if (entry.sequence !== this.#sequence + 1) {
      this.#faults.report('entry_sequence', {
        ...place,
        detail: differs(entry.sequence, this.#sequence + 1),
      });
    }
    const seal = sealTransfer(transfer, this.#digest);
    const { number } = this.#account;
    const covering = { seal, number, previousHash: this.#head, digest: this.#digest };
    if (!coveredDigest(entry, transfer, covering)) this.#faults.report('entry_hash', place);
    const { direction, step, posted, pending } = entry;
    const moved = { posted, pending: step === 'held' ? pending : -pending };
    const after = counted(this.#counters, direction, moved);
    const counter = COUNTERS.find((name) => after[name] !== entry.after[name]);
    if (counter) {
      const detail = `${counter}: ${differs(entry.after[counter], after[counter])}`;
      this.#faults.report('entry_counters', { ...place, detail });
    }
    if (entry.at < this.#at) this.#faults.report('entry_instant', place);
    const detail = this.#notOfTransfer(entry, transfer);
    if (detail) this.#faults.report('entry_transfer', { ...place, detail });
    this.#checkOwner(transfer);

    if (transfer.expiresAt === this.#account.nextExpiryAt) this.#isExpiryKnown = true;
    if (step === 'held') this.#holds.set(transfer.id, transfer);
    else this.#holds.delete(transfer.id);
    this.#sequence = entry.sequence;
    this.#at = entry.at;
    this.#head = entry.hash;
    this.#counters = entry.after;
  }

  /** Checks the stored account against its last entry. */
  end(): void {
    const { id: accountId, sequence, counters, head, latestAt } = this.#account;
    const place = { accountId, sequence };
    if (sequence !== this.#sequence) {
      this.#faults.report('account_sequence', { ...place, detail: differs(sequence, this.#sequence) });
    }
    const counter = COUNTERS.find((name) => counters[name] !== this.#counters[name]);
    if (counter) {
      const detail = `${counter}: ${differs(counters[counter], this.#counters[counter])}`;
      this.#faults.report('account_counters', { ...place, detail });
    }
    if (head !== this.#head) this.#faults.report('account_head', place);
    if (latestAt !== this.#at) {
      this.#faults.report('account_latest', { ...place, detail: differs(latestAt, this.#at) });
    }
    this.#checkKind();
    this.#checkHolds();
    this.#checkBounds();
  }

  #notOfTransfer(entry: LedgerEntry, transfer: Transfer): string | undefined {
    const { id, currency, exponent } = this.#account;
    const leg = transfer.legs.find(({ accountId }) => accountId === id);
    if (entry.accountId !== id || !leg) return 'the transfer has no leg on the account';
    if (leg.direction !== entry.direction) return `direction: ${differs(entry.direction, leg.direction)}`;
    if (transfer.currency !== currency) return `currency: ${differs(transfer.currency, currency)}`;
    if (transfer.exponent !== exponent) return `exponent: ${differs(transfer.exponent, exponent)}`;
    return undefined;
  }

  #checkOwner(transfer: Transfer): void {
    const { id: accountId, ownerId } = this.#account;
    const leg = transfer.legs.find((one) => one.accountId === accountId);
    if (!leg || leg.ownerId === ownerId) return;
    const detail = differs(ownerId, leg.ownerId);
    this.#faults.report('account_owner', { accountId, transferId: transfer.id, detail });
  }

  #checkKind(): void {
    const { id: accountId, ownerId, purpose, number, currency, class: found } = this.#account;
    const expected = purpose === null ? 'liability' : classOfPurpose(purpose);
    const isRightId = purpose === null || accountId === systemAccountId(purpose, currency);
    if (found !== expected || !isRightId || (ownerId === null) !== (purpose !== null)) {
      this.#faults.report('account_class', { accountId, detail: differs(found, expected) });
    }
    const isRightNumber = number === null ? purpose !== null : purpose === null && isAccountNumber(number);
    if (!isRightNumber) this.#faults.report('account_number', { accountId, detail: `it is ${number}` });
  }

  #checkHolds(): void {
    const { id: accountId, sequence, counters, nextExpiryAt } = this.#account;
    let [debits, credits] = [0n, 0n];
    for (const { legs } of this.#holds.values()) {
      for (const leg of legs) {
        if (leg.accountId !== accountId) continue;
        if (leg.direction === 'debit') debits += leg.amount;
        else credits += leg.amount;
      }
    }
    const place = { accountId, sequence };
    if (counters.debitsPending !== debits || counters.creditsPending !== credits) {
      const found = `${counters.debitsPending} and ${counters.creditsPending}`;
      this.#faults.report('account_holds', { ...place, detail: differs(found, `${debits} and ${credits}`) });
      return;
    }
    if (nextExpiryAt !== null && !this.#isExpiryKnown) {
      const detail = `next expiry: no hold expires at ${nextExpiryAt}`;
      this.#faults.report('account_holds', { ...place, detail });
      return;
    }
    const first = Math.min(...Array.from(this.#holds.values(), ({ expiresAt }) => expiresAt ?? Infinity));
    if (first !== Infinity && (nextExpiryAt === null || nextExpiryAt > first)) {
      const detail = `next expiry: ${differs(nextExpiryAt, first)}`;
      this.#faults.report('account_holds', { ...place, detail });
    }
  }

  #checkBounds(): void {
    const { id: accountId, status, balance, held, incoming } = this.#account;
    const isEmpty = balance === 0n && held === 0n && incoming === 0n;
    if (isWithinBound(balance) && (status !== 'closed' || isEmpty)) return;
    this.#faults.report('account_limits', {
      accountId,
      detail: `${balance} in an account that is ${status}`,
    });
  }
}
