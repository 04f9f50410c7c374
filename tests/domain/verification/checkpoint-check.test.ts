import { describe, expect, it } from 'vitest';
import { sha256OfHex } from '../../../src/adapters/system.ts';
import { Account } from '../../../src/domain/entities/account.ts';
import type { AccountState } from '../../../src/domain/entities/account.ts';
import { EMPTY_AUDIT, leafText, leafTextHash } from '../../../src/domain/integrity/checkpoint.ts';
import type { Checkpoint } from '../../../src/domain/integrity/checkpoint.ts';
import { GENESIS_HASH } from '../../../src/domain/entities/genesis-hash.ts';
import { CheckpointCheck } from '../../../src/domain/verification/checkpoint-check.ts';
import { FaultLog } from '../../../src/domain/verification/faults.ts';
import { anAccount, freshNumber, JANUARY } from '../../../src/testing/fixtures/builders.ts';

const account = anAccount({ externalId: 'wallet/7' });
const line = leafText(account);
const oldLine = line.split(' ').slice(0, -2).join(' ');

/** Returns the faults of an account today, by the checkpoint of one line. */
function faultsOf(version: Checkpoint['version'], text: string, change: Partial<AccountState> = {}) {
  const faults = new FaultLog();
  const checkpoint = {
    version,
    number: 1,
    at: JANUARY,
    previous: GENESIS_HASH,
    accounts: 1,
    root: leafTextHash(text, sha256OfHex),
    audit: EMPTY_AUDIT,
  };
  const check = new CheckpointCheck(checkpoint, { digest: sha256OfHex, faults });
  check.addLine(text);
  check.addAccount(Account.restore({ ...account, ...change }));
  check.endManifest();
  check.end();
  return faults.list().map(({ kind, detail }) => [kind, detail]);
}

describe('the check against a checkpoint', () => {
  it('finds no fault in either version', () => {
    expect(faultsOf(2, line)).toEqual([]);
    expect(faultsOf(1, oldLine)).toEqual([]);
  });

  it('finds another number, or another external id', () => {
    const number = freshNumber();
    expect(faultsOf(2, line, { number })).toEqual([
      ['checkpoint_account', `number: ${number} in place of ${account.number}`],
    ]);
    expect(faultsOf(2, line, { externalId: null })).toEqual([
      ['checkpoint_account', 'externalId: null in place of wallet/7'],
    ]);
  });

  it('of version 1 compares neither, since it covers neither', () => {
    expect(faultsOf(1, oldLine, { number: freshNumber(), externalId: 'x' })).toEqual([]);
  });

  it.each([
    [1, line],
    [2, oldLine],
  ] as const)('of version %i refuses a manifest of the other version', (version, text) => {
    expect(faultsOf(version, text)).toContainEqual(['checkpoint_root', 'a line of manifest 1 is malformed']);
  });
});
