import type { Checkpoint } from '../../domain/integrity/checkpoint.ts';

/** Who signs checkpoints, and where they are kept: outside the database, so that whoever rewrites one has not both. */
export type CheckpointPorts = {
  readonly signer: CheckpointSigner;
  readonly archive: CheckpointArchive;
  /** Called once it is kept, so that somebody else can be given it; must not throw. */
  readonly onMade?: (checkpoint: CheckpointView) => void;
};

export type CheckpointView = Checkpoint & {
  /** As it was signed: what somebody else should hold. */
  readonly signed: string;
  /** Of the signed text: what the next checkpoint names. */
  readonly digest: string;
};

export interface CheckpointSigner {
  /** As one text of visible ASCII, which anyone with the public key can verify. */
  sign(checkpoint: Checkpoint): Promise<string>;
  /** What a text of this signer's says, whatever its signature; undefined for another text. */
  read(signed: string): Checkpoint | undefined;
}

/** A checkpoint as it was signed. */
export type KeptCheckpoint = { readonly number: number; readonly signed: string };

/** What it holds never changes and never goes away. */
export interface CheckpointArchive {
  newest(): Promise<KeptCheckpoint | undefined>;
  /** By number descending, the newest first; only numbers below `after`. */
  page(page: { after: number | null; limit: number }): Promise<readonly KeptCheckpoint[]>;
  /** The lines that were written with it, in their order. Rejects if there is no such checkpoint. */
  manifest(number: number): AsyncIterable<string>;
  /**
   * Keeps under the number the signed text that `make` returns, and the lines it wrote. Where `make` throws, nothing
   * is kept. Rejects if the number is taken: of two at once, one is kept.
   */
  add(
    number: number,
    make: (write: (lines: readonly string[]) => Promise<void>) => Promise<string>,
  ): Promise<void>;
}
