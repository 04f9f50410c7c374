import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/adapters/shared/sha256.ts';
import { Account } from '../../../src/domain/entities/account.ts';
import type { Metadata } from '../../../src/domain/entities/metadata.ts';
import { followAudit, metadataDigest } from '../../../src/domain/integrity/audit-log.ts';
import type { AuditRecord } from '../../../src/domain/integrity/audit-log.ts';
import { AuditCheck } from '../../../src/domain/verification/audit-check.ts';
import { FaultLog } from '../../../src/domain/verification/faults.ts';
import { anAccount, JANUARY } from '../../../src/testing/fixtures/builders.ts';

const account = anAccount();

function withMetadata(metadata: Metadata | null): Account {
  return Account.restore({ ...account, metadata });
}

/** Returns the record of a change of one pair. */
function changed(
  head: AuditRecord | undefined,
  { key, before, after }: { key: string; before: string | null; after: string | null },
): AuditRecord {
  const digestOf = (value: string | null) =>
    metadataDigest(withMetadata(value === null ? null : { [key]: value }), key, sha256);
  const facts = {
    at: JANUARY,
    actor: { kind: 'user', id: 'alice' },
    action: 'account_metadata_changed',
    accountId: account.id,
    transferId: null,
    reason: null,
    changes: [[`metadata.${key}`, digestOf(before), digestOf(after)]],
  } as const;
  return followAudit(head, facts, sha256);
}

/** Returns the check of a log, and the kinds of its faults. */
function checked(records: readonly AuditRecord[]) {
  const faults = new FaultLog();
  const check = new AuditCheck({ digest: sha256, faults });
  for (const record of records) check.add(record);
  return { check, kinds: faults.list().map(({ kind }) => kind) };
}

describe('the check of metadata against the audit log', () => {
  const first = changed(undefined, { key: 'plan', before: 'basic', after: 'gold' });
  const second = changed(first, { key: 'plan', before: 'gold', after: null });

  it('finds no difference while the account has the values of the last record', () => {
    const { check, kinds } = checked([first]);
    expect(kinds).toEqual([]);
    expect(check.differenceOf(withMetadata({ plan: 'gold' }))).toBeUndefined();
    expect(checked([first, second]).check.differenceOf(withMetadata(null))).toBeUndefined();
  });

  it('names a pair that was changed or removed since', () => {
    const { check } = checked([first]);
    for (const metadata of [{ plan: 'basic' }, { other: 'gold' }, null])
      expect(check.differenceOf(withMetadata(metadata))).toMatch(/^metadata\.plan: /);
  });

  it('names a pair that is there although the log removed it', () => {
    const { check } = checked([first, second]);
    expect(check.differenceOf(withMetadata({ plan: 'gold' }))).toMatch(
      /^metadata\.plan: .* in place of null$/,
    );
  });

  it('says nothing of pairs from the opening, which the row digest covers', () => {
    const { check } = checked([first]);
    expect(check.differenceOf(withMetadata({ plan: 'gold', opened: 'with' }))).toBeUndefined();
  });

  it('reports a record whose value before is not that of the record before it', () => {
    const other = changed(first, { key: 'plan', before: 'basic', after: 'silver' });
    expect(checked([first, other]).kinds).toEqual(['audit_before']);
  });

  it('reports a record whose digest was changed', () => {
    const forged = { ...first, changes: [['metadata.plan', null, 'f'.repeat(64)]] as const };
    expect(checked([forged]).kinds).toEqual(['audit_hash']);
  });
});

describe('the check of an erased reference against the audit log', () => {
  const digest = 'a'.repeat(64);
  const record = followAudit(
    undefined,
    {
      at: JANUARY,
      actor: { kind: 'system', id: null },
      action: 'text_erased',
      accountId: null,
      transferId: 'one',
      reason: 'on demand',
      changes: [['reference', digest, null]],
    },
    sha256,
  );

  it('finds no difference while the transfer has the digest of the log', () => {
    const erased = { description: null, metadata: null, reference: digest };
    expect(checked([record]).check.erasureDifference({ id: 'one', erased })).toBeUndefined();
  });

  it('names a reference with another digest, or with none', () => {
    for (const reference of ['b'.repeat(64), null]) {
      const erased = { description: null, metadata: null, reference };
      expect(checked([record]).check.erasureDifference({ id: 'one', erased })).toBe(
        `reference: ${reference} in place of ${digest}`,
      );
    }
  });
});
