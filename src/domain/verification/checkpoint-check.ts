import type { Account } from '../entities/account.ts';
import type { AuditRecord } from '../integrity/audit-log.ts';
import { leafTextHash, readLeaf } from '../integrity/checkpoint.ts';
import type { AccountLeaf, Checkpoint } from '../integrity/checkpoint.ts';
import type { LedgerEntry } from '../entities/ledger-entry.ts';
import { MerkleTree } from '../integrity/merkle-tree.ts';
import type { HexDigest } from '../integrity/merkle-tree.ts';
import { differs } from './faults.ts';
import type { FaultLog } from './faults.ts';

/**
 * Checks that the current books continue those of a checkpoint. Add accounts by id ascending, each followed by its
 * entries. Before an account, add lines of the manifest as long as the check `isBehind`.
 */
export class CheckpointCheck {
  readonly #checkpoint: Checkpoint;
  readonly #digest: HexDigest;
  readonly #faults: FaultLog;
  readonly #tree: MerkleTree;
  /** The last line read: of the current account or a later one. */
  #leaf: AccountLeaf | undefined;
  /** The leaf whose head the current account's entries must reach. */
  #awaited: AccountLeaf | undefined;
  #auditAwaited: boolean;
  #isEnded = false;

  constructor(checkpoint: Checkpoint, { digest, faults }: { digest: HexDigest; faults: FaultLog }) {
    this.#checkpoint = checkpoint;
    this.#digest = digest;
    this.#faults = faults;
    this.#tree = new MerkleTree(digest);
    this.#auditAwaited = checkpoint.audit.sequence > 0;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  isBehind(accountId: string): boolean {
    return !this.#isEnded && (this.#leaf === undefined || this.#leaf.id < accountId);
  }

  addLine(line: string): void {
    const { number } = this.#checkpoint;
    this.#missing();
    const leaf = readLeaf(line);
    const isOfVersion = leaf && (leaf.number === undefined) === (this.#checkpoint.version === 1);
    this.#leaf = isOfVersion ? leaf : undefined;
    if (!this.#leaf)
      this.#faults.report('checkpoint_root', { detail: `a line of manifest ${number} is malformed` });
    else this.#tree.add(leafTextHash(line, this.#digest));
  }

  endManifest(): void {
    this.#missing();
    this.#leaf = undefined;
    this.#isEnded = true;
    const { accounts, root } = this.#checkpoint;
    if (this.#tree.size !== accounts) {
      this.#faults.report('checkpoint_root', { detail: `accounts: ${differs(this.#tree.size, accounts)}` });
    } else if (this.#tree.root() !== root) {
      this.#faults.report('checkpoint_root', { detail: differs(this.#tree.root(), root) });
    }
  }

  addAccount(account: Account): void {
    this.#headMissing();
    if (this.#leaf?.id !== account.id) return;
    const leaf = this.#leaf;
    this.#leaf = undefined;
    const field = (['ownerId', 'currency', 'class', 'number', 'externalId'] as const).find(
      (name) => leaf[name] !== undefined && leaf[name] !== account[name],
    );
    if (field) {
      const detail = `${field}: ${differs(account[field], leaf[field])}`;
      this.#faults.report('checkpoint_account', { accountId: account.id, detail });
    }
    this.#awaited = leaf.sequence === 0 ? undefined : leaf;
  }

  addEntry({ accountId, sequence, hash }: LedgerEntry): void {
    if (this.#awaited?.id !== accountId || this.#awaited.sequence !== sequence) return;
    if (hash !== this.#awaited.head) {
      const detail = differs(hash, this.#awaited.head);
      this.#faults.report('checkpoint_head', { accountId, sequence, detail });
    }
    this.#awaited = undefined;
  }

  addAudit({ sequence, hash }: AuditRecord): void {
    const { audit } = this.#checkpoint;
    if (sequence !== audit.sequence) return;
    this.#auditAwaited = false;
    if (hash !== audit.hash) {
      this.#faults.report('checkpoint_audit', { sequence, detail: differs(hash, audit.hash) });
    }
  }

  end(): void {
    this.#headMissing();
    if (!this.#auditAwaited) return;
    const { sequence } = this.#checkpoint.audit;
    this.#faults.report('checkpoint_audit', { sequence, detail: 'it is missing' });
  }

  /** Reports a line without an account. */
  #missing(): void {
    if (!this.#leaf) return;
    this.#faults.report('checkpoint_account', { accountId: this.#leaf.id, detail: 'it is missing' });
  }

  #headMissing(): void {
    if (!this.#awaited) return;
    const { id: accountId, sequence } = this.#awaited;
    this.#faults.report('checkpoint_head', { accountId, sequence, detail: 'it is missing' });
    this.#awaited = undefined;
  }
}
