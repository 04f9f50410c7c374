import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/adapters/shared/sha256.ts';
import { auditHash, metadataDigest } from '../../../src/domain/integrity/audit-log.ts';
import type { AuditFacts } from '../../../src/domain/integrity/audit-log.ts';
import { GENESIS_HASH } from '../../../src/domain/entities/genesis-hash.ts';

type Vector = {
  readonly name: string;
  readonly facts: AuditFacts;
  readonly previousHash: string;
  readonly preimage: string;
  readonly hash: string;
};

const golden = new URL('../golden/audit-v1.json', import.meta.url);
const { vectors, metadata } = JSON.parse(readFileSync(golden, 'utf8')) as {
  readonly vectors: readonly Vector[];
  readonly metadata: readonly {
    readonly name: string;
    readonly accountId: string;
    readonly key: string;
    readonly value: string;
    readonly preimage: string;
    readonly digest: string;
  }[];
};

function hashOf({ previousHash, facts }: Pick<Vector, 'previousHash' | 'facts'>): string {
  return auditHash(previousHash, facts, sha256);
}

describe('encoding version 1 of the audit log', () => {
  // Computed apart from this program, by hashlib.sha256 over the preimages
  it.each(vectors)('matches its golden vector: $name', (vector) => {
    const preimages: string[] = [];
    const hash = auditHash(vector.previousHash, vector.facts, (text) => {
      preimages.push(text);
      return sha256(text);
    });
    expect({ preimages, hash }).toEqual({ preimages: [vector.preimage], hash: vector.hash });
  });

  it('begins with a hash of zeros, and links each record to the one before it', () => {
    expect(vectors.map(({ previousHash }) => previousHash)).toEqual([
      GENESIS_HASH,
      ...vectors.slice(0, -1).map(({ hash }) => hash),
    ]);
  });

  it('covers every fact: a change of any one changes the hash', () => {
    const vector = vectors[0]!;
    const changed = (
      [
        { sequence: 2 },
        { at: 1 },
        { actor: { kind: 'user', id: 'operator' } },
        { actor: { kind: 'system', id: 'another' } },
        { actor: { kind: 'system', id: null } },
        { action: 'account_closed' },
        { accountId: 'x' },
        { reason: 'another' },
        { reason: null },
        { changes: [] },
        { changes: vector.facts.changes.toReversed() },
        { changes: [['status', 'frozen', 'active']] },
        { changes: [['status', null, 'frozen']] },
      ] as const
    ).map((change) => ({ ...vector, facts: { ...vector.facts, ...change } }));
    const hashes = [vector, { ...vector, previousHash: 'ab'.repeat(32) }, ...changed].map(hashOf);
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});

describe('the digest that the log holds for a pair of metadata', () => {
  it.each(metadata)('matches its golden vector: $name', ({ accountId, key, value, preimage, digest }) => {
    const preimages: string[] = [];
    const found = metadataDigest({ id: accountId, metadata: { [key]: value } }, key, (text) => {
      preimages.push(text);
      return sha256(text);
    });
    expect([preimages, found]).toEqual([[preimage], digest]);
  });

  it('is that of the record in the golden vectors', () => {
    const [before, after, added] = metadata.map(({ digest }) => digest);
    expect(vectors.at(-1)?.facts.changes).toEqual([
      ['metadata.note', before, after],
      ['metadata.order', null, added],
    ]);
  });

  it('differs by account, by key and by value', () => {
    const digests = [
      { id: 'a', metadata: { key: 'value', other: 'value' } },
      { id: 'b', metadata: { key: 'value' } },
      { id: 'a', metadata: { key: 'another' } },
    ].map((account) => metadataDigest(account, 'key', sha256));
    const ofOther = metadataDigest({ id: 'a', metadata: { other: 'value' } }, 'other', sha256);
    expect(new Set([...digests, ofOther]).size).toBe(4);
  });

  it('is null for an account without the pair', () => {
    expect(metadataDigest({ id: 'a', metadata: null }, 'key', sha256)).toBeNull();
    expect(metadataDigest({ id: 'a', metadata: { other: 'value' } }, 'key', sha256)).toBeNull();
  });
});
