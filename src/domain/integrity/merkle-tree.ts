/**
 * Merkle trees as defined by RFC 6962, section 2.1. All hashes are hexadecimal.
 */

/** Digest of bytes in hexadecimal: SHA-256, passed in because the domain imports nothing. */
export type HexDigest = (bytes: string) => string;

/** @param leaf the leaf's bytes in hexadecimal */
export function leafHash(leaf: string, digest: HexDigest): string {
  return digest(`00${leaf}`);
}

function nodeHash(left: string, right: string, digest: HexDigest): string {
  return digest(`01${left}${right}`);
}

/** A tree that grows leaf by leaf. It keeps one hash for each power of two. */
export class MerkleTree {
  readonly #digest: HexDigest;
  /** Complete subtrees so far, largest first. */
  readonly #subtrees: { readonly size: number; readonly hash: string }[] = [];
  #size = 0;

  constructor(digest: HexDigest) {
    this.#digest = digest;
  }

  get size(): number {
    return this.#size;
  }

  add(hashOfLeaf: string): void {
    let whole = { size: 1, hash: hashOfLeaf };
    for (let last = this.#subtrees.at(-1); last?.size === whole.size; last = this.#subtrees.at(-1)) {
      this.#subtrees.pop();
      whole = { size: 2 * whole.size, hash: nodeHash(last.hash, whole.hash, this.#digest) };
    }
    this.#subtrees.push(whole);
    this.#size++;
  }

  /** Returns the MTH of all leaves. For an empty tree it is the digest of the empty string. */
  root(): string {
    const [last, ...before] = this.#subtrees.toReversed();
    if (!last) return this.#digest('');
    return before.reduce((right, left) => nodeHash(left.hash, right, this.#digest), last.hash);
  }
}

/** A range of leaves; `to` is exclusive. */
export type LeafRange = { readonly from: number; readonly to: number };

/** Returns the subtrees whose roots form the audit path of a leaf, from the leaf upwards: PATH(m, D[n]). */
export function pathRanges(index: number, size: number): readonly LeafRange[] {
  const ranges: LeafRange[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + largestPowerBelow(to - from);
    if (index < middle) {
      ranges.push({ from: middle, to });
      to = middle;
    } else {
      ranges.push({ from, to: middle });
      from = middle;
    }
  }
  return ranges.toReversed();
}

/** Builds the audit path of one leaf and the root of the tree, from all leaves in order. */
export class PathBuilder {
  readonly #tree: MerkleTree;
  readonly #parts: readonly { readonly range: LeafRange; readonly tree: MerkleTree }[];

  constructor({ index, size }: { index: number; size: number }, digest: HexDigest) {
    this.#tree = new MerkleTree(digest);
    this.#parts = pathRanges(index, size).map((range) => ({ range, tree: new MerkleTree(digest) }));
  }

  add(hashOfLeaf: string): void {
    const at = this.#tree.size;
    this.#tree.add(hashOfLeaf);
    for (const { range, tree } of this.#parts) if (at >= range.from && at < range.to) tree.add(hashOfLeaf);
  }

  get size(): number {
    return this.#tree.size;
  }

  root(): string {
    return this.#tree.root();
  }

  path(): readonly string[] {
    return this.#parts.map(({ tree }) => tree.root());
  }
}

/** Computes the root from a leaf and its audit path; undefined if the path does not fit the leaf's index and size. */
export function rootOfPath(
  { leaf, index, size, path }: { leaf: string; index: number; size: number; path: readonly string[] },
  digest: HexDigest,
): string | undefined {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size)
    return undefined;
  const ranges = pathRanges(index, size);
  if (ranges.length !== path.length) return undefined;

  return ranges.reduce((hash, { from }, step) => {
    const other = path[step] ?? '';
    return from > index ? nodeHash(hash, other, digest) : nodeHash(other, hash, digest);
  }, leaf);
}

function largestPowerBelow(size: number): number {
  let power = 1;
  while (2 * power < size) power *= 2;
  return power;
}
