import { assert, integer, nat, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256OfHex } from '../../../src/adapters/system.ts';
import {
  leafHash,
  MerkleTree,
  PathBuilder,
  pathRanges,
  rootOfPath,
} from '../../../src/domain/integrity/merkle-tree.ts';

/** The test vectors of certificate-transparency, the reference implementation of RFC 6962: leaves, and roots of 1 to 8 of them. */
const LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

const hashes = LEAVES.map((leaf) => leafHash(leaf, sha256OfHex));

function treeOf(leaves: readonly string[]): MerkleTree {
  const tree = new MerkleTree(sha256OfHex);
  for (const leaf of leaves) tree.add(leaf);
  return tree;
}

function proofOf(leaves: readonly string[], index: number): readonly string[] {
  const builder = new PathBuilder({ index, size: leaves.length }, sha256OfHex);
  for (const leaf of leaves) builder.add(leaf);
  expect(builder.root()).toBe(treeOf(leaves).root());
  return builder.path();
}

describe('a Merkle tree of RFC 6962', () => {
  it('without leaves has the digest of nothing as its root', () => {
    expect(treeOf([]).root()).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it.each(ROOTS.map((root, index) => [index + 1, root] as const))(
    'of %i leaves has the known root',
    (size, root) => {
      const tree = treeOf(hashes.slice(0, size));
      expect([tree.size, tree.root()]).toEqual([size, root]);
    },
  );

  // RFC 6962, section 2.1.3: a tree of seven leaves, d0 to d6, and the paths of d0, d3, d4 and d6
  it.each([
    [
      0,
      [
        [1, 2],
        [2, 4],
        [4, 7],
      ],
    ],
    [
      3,
      [
        [2, 3],
        [0, 2],
        [4, 7],
      ],
    ],
    [
      4,
      [
        [5, 6],
        [6, 7],
        [0, 4],
      ],
    ],
    [
      6,
      [
        [4, 6],
        [0, 4],
      ],
    ],
  ])('has the path in the RFC for leaf %i of seven', (index, expected) => {
    expect(pathRanges(index, 7).map(({ from, to }) => [from, to])).toEqual(expected);
  });

  it('proves each leaf of a tree of any size, and no other leaf, index or size', () => {
    assert(
      property(integer({ min: 1, max: 70 }), nat(), (size, chosen) => {
        const index = chosen % size;
        const leaves = Array.from({ length: size }, (_, at) =>
          leafHash(at.toString(16).padStart(4, '0'), sha256OfHex),
        );
        const proof = { leaf: leaves[index] ?? '', index, size, path: proofOf(leaves, index) };
        const root = treeOf(leaves).root();
        expect(rootOfPath(proof, sha256OfHex)).toBe(root);
        expect(rootOfPath({ ...proof, leaf: leafHash('ffff', sha256OfHex) }, sha256OfHex)).not.toBe(root);
        if (size > 1) expect(rootOfPath({ ...proof, index: (index + 1) % size }, sha256OfHex)).not.toBe(root);
        expect(rootOfPath({ ...proof, path: [...proof.path, root] }, sha256OfHex)).toBeUndefined();
        expect(rootOfPath({ ...proof, index: size }, sha256OfHex)).toBeUndefined();
      }),
    );
  });
});
