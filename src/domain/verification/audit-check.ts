import type { Account } from '../entities/account.ts';
import { auditHash, metadataDigest } from '../integrity/audit-log.ts';
import type { AuditHead, AuditRecord } from '../integrity/audit-log.ts';
import { EMPTY_AUDIT } from '../integrity/checkpoint.ts';
import type { Digest } from '../integrity/hash-chain.ts';
import type { ErasedTexts, Transfer } from '../entities/transfer.ts';
import { differs } from './faults.ts';
import type { FaultLog } from './faults.ts';

/** Audited fields of an account, as text in the form of `administer-account.ts`. */
type Standing = Readonly<Record<string, string | null>>;

const CUSTOMERS: Standing = {
  status: 'active',
  creditsFrozen: 'false',
  minimumBalance: '0',
  maximumBalance: null,
};
const SYSTEMS: Standing = { ...CUSTOMERS, minimumBalance: null };

/** Prefix of the audited fields that are an account's metadata. */
const METADATA = 'metadata.';

/** Recomputes the audit log, and tracks the state that it records for each account. */
export class AuditCheck {
  readonly #digest: Digest;
  readonly #faults: FaultLog;
  #head: AuditHead = EMPTY_AUDIT;
  readonly #standings = new Map<string, { standing: Standing; readonly last: { sequence: number } }>();
  /** Logged text erasures by transfer, without the transfers already seen. */
  readonly #erased = new Map<string, Erasure>();

  constructor({ digest, faults }: { digest: Digest; faults: FaultLog }) {
    this.#digest = digest;
    this.#faults = faults;
  }

  get sequence(): number {
    return this.#head.sequence;
  }

  add(record: AuditRecord): void {
    const { sequence, hash } = record;
    if (sequence !== this.#head.sequence + 1) {
      const detail = differs(sequence, this.#head.sequence + 1);
      this.#faults.report('audit_sequence', { sequence, detail });
    }
    if (auditHash(this.#head.hash, record, this.#digest) !== hash || !isAboutOne(record)) {
      this.#faults.report('audit_hash', { ...placeOf(record), sequence });
    }
    this.#head = { sequence, hash };
    if (record.accountId !== null) this.#follow(record, record.accountId);
    if (record.transferId !== null) this.#erased.set(record.transferId, erasureIn(record));
  }

  /** Returns the sequence of the last record about the account; 0 if there is none. */
  lastAbout(accountId: string): number {
    return this.#standings.get(accountId)?.last.sequence ?? 0;
  }

  /** Describes the account's first difference from the log; undefined if there is none. */
  differenceOf(account: Account): string | undefined {
    const standing = this.#standings.get(account.id)?.standing ?? initialOf(account);
    const known = Object.keys(standing).filter((field) => field.startsWith(METADATA));
    const pairs: Standing = Object.fromEntries(
      known.map((field) => [field, metadataDigest(account, field.slice(METADATA.length), this.#digest)]),
    );
    const found: Standing = {
      ...pairs,
      status: account.status,
      creditsFrozen: account.creditsFrozen.toString(),
      minimumBalance: account.minimumBalance?.toString() ?? null,
      maximumBalance: account.maximumBalance?.toString() ?? null,
    };
    const field = Object.keys(found).find((name) => found[name] !== standing[name]);
    return field && `${field}: ${differs(found[field], standing[field])}`;
  }

  /** Describes the first difference between a transfer's erased texts and the log; undefined if there is none. */
  erasureDifference({ id, erased }: Pick<Transfer, 'id' | 'erased'>): string | undefined {
    const logged = this.#erased.get(id);
    if (!logged && !erased) return undefined;
    if (!logged) return 'the audit log does not say so';
    if (!erased) return 'the texts are not erased';
    const text = (['description', 'metadata', 'reference'] as const).find(
      (name) => erased[name] !== logged.texts[name],
    );
    return text && `${text}: ${differs(erased[text], logged.texts[text])}`;
  }

  /** Marks the transfer as seen, so not missing. */
  seen(transferId: string): void {
    this.#erased.delete(transferId);
  }

  /** Returns the transfers with a logged erasure that were not seen since. */
  unseen(): readonly string[] {
    return [...this.#erased.keys()];
  }

  /** Follows the changes of an account. The log covers customers' accounts only. */
  #follow({ sequence, changes }: AuditRecord, accountId: string): void {
    const known = this.#standings.get(accountId) ?? { standing: CUSTOMERS, last: { sequence } };
    // The log does not record the metadata with which an account was opened
    const isKnown = (field: string) => !field.startsWith(METADATA) || field in known.standing;
    const wrong = changes.find(([field, before]) => isKnown(field) && known.standing[field] !== before);
    if (wrong) {
      const [field, before] = wrong;
      const detail = `${field}: ${differs(before, known.standing[field])}`;
      this.#faults.report('audit_before', { accountId, sequence, detail });
    }
    known.last.sequence = sequence;
    known.standing = {
      ...known.standing,
      ...Object.fromEntries(changes.map(([field, , after]) => [field, after])),
    };
    this.#standings.set(accountId, known);
  }
}

type Erasure = { readonly sequence: number; readonly texts: ErasedTexts };

function erasureIn({ sequence, changes }: AuditRecord): Erasure {
  const before = new Map(changes.map(([field, value]) => [field, value]));
  const textOf = (name: keyof ErasedTexts) => before.get(name) ?? null;
  return {
    sequence,
    texts: {
      description: textOf('description'),
      metadata: textOf('metadata'),
      reference: textOf('reference'),
    },
  };
}

/** Checks that the action's own kind of id is set, and no other. The hash covers the id but not its kind. */
function isAboutOne({ action, accountId, transferId, userId }: AuditRecord): boolean {
  return (
    (accountId !== null) === action.startsWith('account_') &&
    (transferId !== null) === (action === 'text_erased') &&
    (userId !== undefined) === (action === 'role_granted')
  );
}

function initialOf({ purpose }: Account): Standing {
  return purpose === null ? CUSTOMERS : SYSTEMS;
}

function placeOf({ accountId, transferId }: AuditRecord) {
  return { ...(accountId === null ? {} : { accountId }), ...(transferId === null ? {} : { transferId }) };
}
