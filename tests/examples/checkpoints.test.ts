import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { signAndVerify } from './checkpoints.ts';

it('the example of checkpoints keeps them as files, and finds the books as signed', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'passbook-'));
  try {
    expect(await signAndVerify(directory)).toEqual({
      faults: [],
      verified: { accounts: 1, entries: 0, transfers: 0, records: 0, auditRecords: 0 },
    });
    expect(await readdir(directory)).toEqual(['1.jws', '1.manifest']);
  } finally {
    await rm(directory, { recursive: true });
  }
});
