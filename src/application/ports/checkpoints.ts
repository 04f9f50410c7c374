import type { Checkpoint } from '../../domain/integrity/checkpoint.ts';

/**
 * Signer and archive of checkpoints. Both live outside the database: an attacker who rewrites the books cannot rewrite
 * the checkpoints too.
 */
export type CheckpointPorts = {
  readonly signer: CheckpointSigner;
  readonly archive: CheckpointArchive;
  /** Called after a checkpoint is archived, for example to publish it. Must not throw. */
  readonly onMade?: (checkpoint: CheckpointView) => void;
};

export type CheckpointView = Checkpoint & {
  /** The signed text. It is evidence only if a party other than the bank holds a copy. */
  readonly signed: string;
  /** Digest of the signed text. The next checkpoint contains it as `previous`. */
  readonly digest: string;
};

export interface CheckpointSigner {
  /** Returns one text of visible ASCII. Anyone with the public key can verify it. */
  sign(checkpoint: Checkpoint): Promise<string>;
  /** Parses a text in this signer's format without checking the signature; undefined for any other text. */
  read(signed: string): Checkpoint | undefined;
}

/** An archived checkpoint: its number and its signed text. */
export type KeptCheckpoint = { readonly number: number; readonly signed: string };

/** An append-only archive: nothing in it ever changes or disappears. */
export interface CheckpointArchive {
  newest(): Promise<KeptCheckpoint | undefined>;
  /** Returns checkpoints with numbers below `after`, newest first. */
  page(page: { after: number | null; limit: number }): Promise<readonly KeptCheckpoint[]>;
  /** Yields the manifest lines written with the checkpoint, in order. Rejects if the checkpoint does not exist. */
  manifest(number: number): AsyncIterable<string>;
  /**
   * Archives the signed text that `make` returns and the lines it wrote, under the number. Archives nothing if `make`
   * throws. Rejects if the number is taken: of two concurrent calls, one succeeds.
   */
  add(
    number: number,
    make: (write: (lines: readonly string[]) => Promise<void>) => Promise<string>,
  ): Promise<void>;
}
